// @ts-check
/**
 * Writes src/broker/kafka-VERSION.lock.json: every jar that a broker of this version needs, with its checksum.
 *
 *   node scripts/lock-kafka.mjs 4.1.2
 *
 * Maven resolves the dependencies here, once, on a developer's machine; users need Node and Java alone. Review
 * the diff of the lock, start the broker with it, and commit it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The oldest Java that runs a broker of Kafka 4 (KIP-750, KIP-1013). */
const java = 17;

const version = process.argv[2] ?? '';
if (!/^4\.\d+\.\d+$/.test(version)) {
  console.error('usage: node scripts/lock-kafka.mjs VERSION   (4.x, for example 4.1.2)');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'lock-kafka-'));
try {
  const kafka = [`org.apache.kafka:kafka_2.13:${version}`, `org.apache.kafka:kafka-tools:${version}`];
  const log4j = resolve(kafka)
    .map((path) => /log4j-core\/([^/]+)\//.exec(path)?.[1])
    .find((found) => found !== undefined);
  // Kafka logs through SLF4J 1.7, and its published dependencies leave the choice of a binding to the user.
  const paths = resolve([...kafka, `org.apache.logging.log4j:log4j-slf4j-impl:${log4j}`]);
  const files = paths.map((path) => {
    const content = readFileSync(join(folder, 'jars', path));
    return { path, sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
  });
  const target = fileURLToPath(new URL(`../src/broker/kafka-${version}.lock.json`, import.meta.url));
  writeFileSync(target, `${JSON.stringify({ version, java, files }, null, 1)}\n`);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(`${target}: ${files.length} jars, ${(bytes / 1e6).toFixed(1)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * Fetches artifacts and their runtime dependencies into folder/jars.
 *
 * @param {string[]} coordinates each group:artifact:version
 * @returns {string[]} the paths of all jars in a Maven repository, sorted
 */
function resolve(coordinates) {
  const dependencies = coordinates.map((coordinate) => {
    const [group, artifact, wanted] = coordinate.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${wanted}</version></dependency>`;
  });
  writeFileSync(
    join(folder, 'pom.xml'),
    `<project><modelVersion>4.0.0</modelVersion><groupId>lock</groupId><artifactId>lock</artifactId>` +
      `<version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  const jars = join(folder, 'jars');
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-Dmdep.useRepositoryLayout=true'];
  const { status } = spawnSync('mvn', ['-q', '-B', ...goal, `-DoutputDirectory=${jars}`], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('mvn could not resolve the dependencies (is Maven installed?)');
  return readdirSync(jars, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.jar'))
    .map((entry) => relative(jars, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
