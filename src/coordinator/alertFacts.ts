import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createAlertScanner } from '../alerts/alertScanner.js';
import { openContainer } from '../alerts/container.js';
import { createAlertMaker } from '../alerts/synthetic/alertMaker.js';
import { generatorVersion } from '../alerts/synthetic/writeContainer.js';
import { microsecondsOfMjd } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import type { AlertsPlan } from '../scenario/plan.js';
import type { PreloadSource } from '../workers/protocol.js';

/** What must be known of a scenario's alerts before they are sent. */
export interface AlertFacts {
  /** Where preload workers get them. */
  readonly source: PreloadSource;
  /** Mean size of an alert's value, bytes; of a container, that of its first block. */
  readonly meanBytes: number;
  /** Tells these alerts from others: by it a reservoir is known again. */
  readonly fingerprint: string;
}

const fingerprintedBytes = 256 * 1024;

/**
 * Looks at a scenario's alerts.
 *
 * @param alerts - which alerts
 * @returns how many they are, and how large
 * @throws `BAD_INPUT_FILE` when the container is missing, damaged or empty
 */
export async function alertFacts(alerts: AlertsPlan): Promise<AlertFacts> {
  switch (alerts.kind) {
    case 'file':
      return fileFacts(alerts.path);
    case 'synthetic': {
      const { visits, alertsPerVisit, detectors, meanBytes, cadenceNs, seed, cutouts } = alerts;
      const options = {
        visits,
        alertsPerVisit,
        detectors,
        meanBytes,
        cadenceSeconds: cadenceNs / 1e9,
        seed,
        cutouts,
      };
      const { count } = createAlertMaker(options);
      return {
        source: { kind: 'synthetic', options, alerts: count },
        meanBytes,
        fingerprint: digest(JSON.stringify({ generatorVersion, ...options })),
      };
    }
    case 'payload': {
      const { bytes, count, seed } = alerts;
      return {
        source: { kind: 'payload', bytes, seed, alerts: count },
        meanBytes: bytes,
        fingerprint: digest(JSON.stringify({ bytes, count, seed })),
      };
    }
  }
}

async function fileFacts(path: string): Promise<AlertFacts> {
  const container = await openContainer(path);
  try {
    const scanner = createAlertScanner(container.schema, path);
    const { records } = await container.countRecords();
    for await (const block of container.blocks()) {
      const found = scanner.alertsOf(block);
      const [first] = found;
      if (first === undefined) continue;
      const meanBytes = found.reduce((sum, { avro }) => sum + avro.length, 0) / found.length;
      const firstUs = microsecondsOfMjd(first.mjd);
      return {
        source: { kind: 'file', path, firstUs, alerts: records },
        meanBytes,
        fingerprint: await fileFingerprint(path, container.fileBytes),
      };
    }
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${path} holds no alerts: name another container in alerts.file`,
    );
  } finally {
    await container.close();
  }
}

/** By its size, its beginning, which holds a random marker, and its end. */
async function fileFingerprint(path: string, fileBytes: number): Promise<string> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(Math.min(fileBytes, fingerprintedBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const hash = createHash('sha256').update(String(fileBytes)).update(bytes.subarray(0, bytesRead));
    const tail = await file.read(bytes, 0, bytes.length, fileBytes - bytes.length);
    return hash.update(bytes.subarray(0, tail.bytesRead)).digest('hex').slice(0, 16);
  } finally {
    await file.close();
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
