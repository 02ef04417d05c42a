'use strict';
/**
 * node-rdkafka's librdkafka.js in a packed release: loads the compiled Kafka client of this platform, C library and
 * Node, if its checksum holds.
 */
const { createHash } = require('node:crypto');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { isMainThread } = require('node:worker_threads');

const folder = join(__dirname, 'prebuilds');
const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('  '));
const name = `${process.platform}-${process.arch}/${['node-librdkafka', `abi${process.versions.modules}`, ...libc(), 'node'].join('.')}`;
const expected = sums.find(([, file]) => file === name);
const file = join(folder, name);

if (expected === undefined || !existsSync(file)) {
  throw new Error(
    `this package has no compiled client ${name}, but ${sums.map(([, other]) => other).join(', ')} (abi115 is Node 20, abi127 Node 22, abi137 Node 24)`,
  );
}
// Once a process is enough.
if (isMainThread && createHash('sha256').update(readFileSync(file)).digest('hex') !== expected[0]) {
  throw new Error(`the checksum of ${file} does not hold: install the package again`);
}
module.exports = require(file);

function libc() {
  if (process.platform !== 'linux') return [];
  const report = Object.assign(process.report ?? {}, { excludeNetwork: true });
  const { header } = /** @type {{header: {glibcVersionRuntime?: string}}} */ (report.getReport());
  return [header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'];
}
