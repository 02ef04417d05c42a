import { describe, expect, it } from 'vitest';
import { defaultKafkaVersion, lockedVersions, readDistribution } from '../../src/broker/distribution.js';

describe.each(lockedVersions())('the lock of Kafka %s', (version) => {
  const { files, java, ...rest } = readDistribution(version);

  it('is of the version that it is named by', () => {
    expect(rest.version).toBe(version);
    expect(java).toBeGreaterThanOrEqual(11);
  });

  it('lists each file once', () => {
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
  });

  it.each(['kafka_2.13', 'kafka-tools', 'kafka-clients', 'log4j-core', 'log4j-slf4j-impl', 'slf4j-api'])(
    'holds %s',
    (artifact) => {
      expect(files.filter(({ path }) => path.includes(`/${artifact}/`))).toHaveLength(1);
    },
  );

  it('has one SLF4J binding, or Kafka would choose by chance', () => {
    expect(files.filter(({ path }) => /slf4j-(impl|log4j|reload4j|simple)|logback/.test(path))).toHaveLength(
      1,
    );
  });
});

describe('readDistribution', () => {
  it('has a lock for the version that is started by default', () => {
    expect(lockedVersions()).toContain(defaultKafkaVersion);
  });

  it('names the versions that there are when asked for another', () => {
    expect(() => readDistribution('1.2.3')).toThrow(
      expect.objectContaining({
        code: 'BAD_USAGE',
        message: expect.stringContaining(defaultKafkaVersion) as unknown,
      }),
    );
  });
});
