import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frameAlert } from '../../src/alerts/wireFormat.js';
import { createAlertMaker } from '../../src/alerts/synthetic/alertMaker.js';

/** Limit of the different messages in a file; they are sent again and again. */
const mostBytes = 32e6;

/**
 * Writes a file of random messages for the contenders that run in a process of their own: each message after
 * its length, u32 little-endian.
 */
export function writeRandomPayloads(folder: string, bytes: number): string {
  const count = Math.max(1, Math.min(10_000, Math.floor(mostBytes / bytes)));
  return write(
    join(folder, `random-${bytes}.payloads`),
    Array.from({ length: count }, () => randomBytes(bytes)),
  );
}

/**
 * The synthetic alerts for measuring compression: a scenario's `alerts.synthetic`, and the same as options.
 */
export const compressedAlerts = { visits: 1, alertsPerVisit: 350, meanBytes: 115_000 } as const;

/** Writes a file of {@link compressedAlerts}, framed as they are sent, like {@link writeRandomPayloads}. */
export function writeAlertPayloads(folder: string): string {
  const maker = createAlertMaker(compressedAlerts);
  const alerts = Array.from({ length: maker.count }, (_, index) => frameAlert(1, maker.alertAt(index).bytes));
  return write(join(folder, 'alerts.payloads'), alerts);
}

/** Reads the messages of such a file. */
export function readPayloads(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    messages.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return messages;
}

/**
 * Identifies the content of a payload file, the first 12 digits of its SHA-256, to see whether two results
 * are of the same bytes.
 */
export function payloadDigest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12);
}

function write(path: string, messages: readonly Buffer[]): string {
  const parts = messages.flatMap((message) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(message.length, 0);
    return [head, message];
  });
  writeFileSync(path, Buffer.concat(parts));
  return path;
}
