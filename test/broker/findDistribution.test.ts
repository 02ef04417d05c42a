import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDistribution } from '../../src/broker/findDistribution.js';
import { readDistribution } from '../../src/broker/distribution.js';
import { kafkaLine } from '../../src/broker/kafkaVersion.js';

let cache: string;
let maven: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'locks '));
  maven = join(cache, 'mvn');
});
afterEach(() => rm(cache, { recursive: true }));

/** A program in Maven's place. */
async function fakeMaven(script: string): Promise<void> {
  await writeFile(maven, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Puts a jar where Maven was told to, and counts how often it was called. */
const bringsAJar = `
for argument; do case $argument in -DoutputDirectory=*) out="\${argument#*=}";; esac; done
mkdir -p "$out/org/apache/kafka/kafka_2.13/4.0.0"
printf jar > "$out/org/apache/kafka/kafka_2.13/4.0.0/kafka_2.13-4.0.0.jar"
echo once >> "$(dirname "$0")/asked"`;

describe('findDistribution', () => {
  it('asks nobody for a version that comes with a lock', async () => {
    expect(await findDistribution('4.1.2', { cache, maven: '/nowhere/mvn' })).toEqual(
      readDistribution('4.1.2'),
    );
  });

  it('asks Maven once for any other, and holds to the checksums from then on', async () => {
    await fakeMaven(bringsAJar);
    const found = await findDistribution('4.0.0', { cache, maven });
    expect(found).toEqual({
      version: '4.0.0',
      java: 17,
      files: [
        {
          path: 'org/apache/kafka/kafka_2.13/4.0.0/kafka_2.13-4.0.0.jar',
          // printf jar | sha256sum
          sha256: '0163f1eea7894350060624d315234d40c508ab251ba121714e234503045faadd',
          bytes: 3,
        },
      ],
    });
    expect(await findDistribution('4.0.0', { cache, maven })).toEqual(found);
    expect(await readFile(join(cache, 'asked'), 'utf8')).toBe('once\n');
    expect(await readFile(join(cache, 'jars', found.files[0]?.path ?? ''), 'utf8')).toBe('jar');
  });

  it('makes a damaged lock anew', async () => {
    await fakeMaven(bringsAJar);
    await mkdir(join(cache, 'locks'));
    await writeFile(join(cache, 'locks', 'kafka-4.0.0.lock.json'), '{"version": "4.0.0"');
    expect(await findDistribution('4.0.0', { cache, maven })).toMatchObject({ version: '4.0.0' });
  });

  it.each<[string, string, string | undefined, string, RegExp]>([
    ['no version', 'newest', undefined, 'BAD_USAGE', /newest is not a Kafka version/],
    ['a path', '../../x', undefined, 'BAD_USAGE', /is not a Kafka version/],
    ['a version that is too old', '2.8.2', undefined, 'BAD_USAGE', /too old.*3\.3\.0 or newer/],
    [
      'a machine without Maven',
      '4.0.0',
      undefined,
      'MISSING_PREREQUISITE',
      /apt-get install maven.*or choose one of 3\.9\.1, 4\.1\.2/,
    ],
    [
      'a version that is not published',
      '4.0.99',
      'echo "[ERROR] Could not find artifact org.apache.kafka:kafka_2.13:jar:4.0.99 in central"; exit 1',
      'BAD_USAGE',
      /Maven finds no Kafka 4\.0\.99/,
    ],
    [
      'a network that is down',
      '4.0.0',
      'echo "[ERROR] Unknown host"; exit 1',
      'DOWNLOAD_FAILED',
      /Maven could not fetch Kafka 4\.0\.0: Unknown host/,
    ],
  ])('says what to do about %s', async (_what, version, script, code, message) => {
    if (script !== undefined) await fakeMaven(script);
    await expect(findDistribution(version, { cache, maven })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });
});

describe('kafkaLine', () => {
  it.each([
    ['3.9.1', { java: 11, zookeeper: true }],
    ['4.0.0', { java: 17, zookeeper: false }],
    ['10.0.0', { java: 17, zookeeper: false }],
  ])('knows what %s needs', (version, line) => {
    expect(kafkaLine(version)).toEqual(line);
  });
});
