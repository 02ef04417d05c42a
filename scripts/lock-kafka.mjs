// @ts-check
/**
 * Writes src/broker/kafka-VERSION.lock.json: every jar that a broker of this version needs, with its checksum.
 *
 *   npm run build && node scripts/lock-kafka.mjs 4.1.2
 *
 * Maven resolves the dependencies here, once, on a developer's machine; for a version with a lock, users need Node
 * and Java alone. Review the diff of the lock, `npm run build`, start the broker with it, and commit it. Kafka 3 brings
 * ZooKeeper.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = (/** @type {string} */ path) => import(new URL(`../dist/src/${path}`, import.meta.url).href);
const { AlertSimError } = await built('errors.js');
const { resolveDistribution } = await built('broker/mavenResolution.js');

const version = process.argv[2] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'lock-kafka-'));
try {
  const distribution = await resolveDistribution(version, { folder });
  const target = fileURLToPath(new URL(`../src/broker/kafka-${version}.lock.json`, import.meta.url));
  writeFileSync(target, `${JSON.stringify(distribution, null, 1)}\n`);
  const bytes = distribution.files.reduce(
    (/** @type {number} */ sum, /** @type {{bytes: number}} */ file) => sum + file.bytes,
    0,
  );
  console.log(`${target}: ${distribution.files.length} jars, ${(bytes / 1e6).toFixed(1)} MB`);
} catch (error) {
  if (!(error instanceof AlertSimError)) throw error;
  const { message, exitCode } = /** @type {{message: string, exitCode: number}} */ (error);
  console.error(`usage: node scripts/lock-kafka.mjs VERSION (for example 4.1.2): ${message}`);
  process.exitCode = exitCode;
} finally {
  rmSync(folder, { recursive: true });
}
