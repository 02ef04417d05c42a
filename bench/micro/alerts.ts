import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { openContainer } from '../../src/alerts/container.js';
import type { ContainerBlock } from '../../src/alerts/containerBlock.js';
import { createAlertMaker } from '../../src/alerts/synthetic/alertMaker.js';
import { writeSyntheticContainer } from '../../src/alerts/synthetic/writeContainer.js';
import { frameAlert, frameHeadBytes } from '../../src/alerts/wireFormat.js';
import { encodeHeaders } from '../../src/kafka/rows.js';
import type { Step } from './step.js';

/** The steps of alerts on their way from a container to the wire. */
export async function alertSteps(): Promise<Step[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rubin-alert-sim-micro-'));
  const path = join(folder, 'alerts.avro');
  const maker = createAlertMaker({ visits: 1, alertsPerVisit: 100, meanBytes: 115_000 });
  await writeSyntheticContainer(path, maker, { codec: 'null', existing: 'replace' });
  const container = await openContainer(path);
  const scanner = createAlertScanner(container.schema, path);
  const blocks: ContainerBlock[] = [];
  for await (const block of container.blocks()) blocks.push(block);
  await container.close();
  await rm(folder, { recursive: true });
  const alerts = blocks.flatMap((block) => scanner.alertsOf(block)).map(({ avro }) => avro);
  const room = Buffer.alloc(frameHeadBytes + Math.max(...alerts.map(({ length }) => length)));
  let found = 0;
  let index = 0;
  return [
    {
      name: 'container, alerts sliced out of blocks',
      per: 'alert of 115 kB',
      operations: alerts.length,
      run: () => {
        for (const block of blocks) found += scanner.alertsOf(block).length;
        return undefined;
      },
    },
    {
      name: 'framing into memory that is there',
      per: 'alert of 115 kB',
      operations: alerts.length,
      run: () => {
        for (const avro of alerts) found += frameAlert(1, avro, room).length;
        return undefined;
      },
    },
    ...[maker, createAlertMaker({ visits: 1, alertsPerVisit: 10_000 })].map((made): Step => ({
      name: 'synthetic alert, made',
      per: `alert of ${Math.round(made.meanBytes / 1000)} kB`,
      operations: 1,
      run: () => {
        found += made.alertAt(index % made.count).bytes.length;
        index += 1;
        return undefined;
      },
    })),
    {
      name: 'headers of a reservoir, encoded',
      per: 'message with one header',
      operations: 1000,
      run: () => {
        for (let message = 0; message < 1000; message += 1)
          found += encodeHeaders([{ 'alertsim-time-offset': '1.5' }]).length;
        return undefined;
      },
      close: () => {
        // Read once, so that no compiler may leave the work out.
        if (Number.isNaN(found)) throw new Error('nothing was found');
        return Promise.resolve();
      },
    },
  ];
}
