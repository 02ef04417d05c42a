import { Command } from 'commander';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, defaultStateFolder } from '../broker/cacheFolder.js';
import { defaultJmxPort, defaultPort } from '../broker/brokerConfig.js';
import { defaultKafkaVersion } from '../broker/distribution.js';
import { startBroker } from '../broker/start.js';
import type { PreloadResult } from '../coordinator/preload.js';
import type { ReplayResult } from '../coordinator/replay.js';
import type { LatencySummary } from '../measure/latency.js';
import { tableText } from '../outputs/table.js';
import { formatBytes, formatCount, formatMicroseconds, formatSeconds } from '../outputs/units.js';
import { installationFolder } from '../version.js';
import { commandContext, type CommandContext } from './context.js';
import { createStream } from './createStream.js';
import { doctor } from './doctor.js';
import { ensureSingleCcdSample } from './generate.js';
import { playStream } from './playStream.js';

const reservoirTopic = 'rubin-example-reservoir';
const streamTopic = 'rubin-example-stream';
const timeoutSec = 30;

/**
 * `start`: from nothing to a played stream; what `npm start` runs.
 *
 * @returns the command
 */
export function startCommand(): Command {
  return new Command('start')
    .description('examine the machine, start a local broker, preload and replay a sample, and report')
    .action(async (_options: unknown, command: Command) => {
      await start(commandContext(command));
    });
}

async function start(context: CommandContext): Promise<void> {
  const { print, progress, log, signal } = context;
  print('1. The machine');
  await doctor(context, false);

  print('\n2. A local Kafka');
  const { record, startedNow } = await startBroker(
    {
      version: defaultKafkaVersion,
      stateFolder: defaultStateFolder(cacheFolder()),
      listeners: [{ port: defaultPort }],
      jmxPort: defaultJmxPort,
    },
    { progress, log, signal },
  );
  const { bootstrap } = record;
  print(
    `Kafka ${record.version} ${startedNow ? 'is up' : 'was running already'} at ${bootstrap} (pid ${record.pid})`,
  );

  print('\n3. A sample of alerts');
  const sample = join(installationFolder, 'data', 'rubin_single_ccd_sample.avro');
  await mkdir(join(installationFolder, 'data'), { recursive: true });
  await ensureSingleCcdSample(sample, context);
  print(`${sample} is there`);

  print('\n4. Preload it into a reservoir');
  const connection = { broker: bootstrap, property: [], timeoutSec, force: true };
  const preloaded = await createStream(
    sample,
    { ...connection, dstTopic: reservoirTopic, schemaId: 1 },
    context,
  );

  print('\n5. Replay it at its recorded pace');
  const played = await playStream(
    {
      ...connection,
      srcTopic: reservoirTopic,
      dstTopic: streamTopic,
      dstTopicPartitions: 1,
      repeatInterval: -1,
    },
    context,
  );

  print(`\n${summaryTable(preloaded, played)}`);
  print(nextSteps(bootstrap));
}

function summaryTable(preloaded: PreloadResult, played: ReplayResult): string {
  const rate = (alerts: number, seconds: number): string => `${formatCount(alerts / seconds)}/s`;
  return tableText(
    ['', 'preload', 'replay'],
    [
      ['alerts', formatCount(preloaded.alerts), formatCount(played.alerts)],
      ['bytes', formatBytes(preloaded.bytes), formatBytes(played.bytes)],
      ['time', formatSeconds(preloaded.seconds), formatSeconds(played.seconds)],
      ['rate', rate(preloaded.alerts, preloaded.seconds), rate(played.alerts, played.seconds)],
      ['lag behind schedule, p50 / p99 / max', '', percentiles(played.scheduleLag)],
      ['acknowledgement, p50 / p99 / max', '', percentiles(played.ack)],
      ['response (lag + acknowledgement)', '', percentiles(played.response)],
    ],
  );
}

function percentiles({ p50, p99, max }: LatencySummary): string {
  return [p50, p99, max].map((value) => (value === null ? '–' : formatMicroseconds(value))).join(' / ');
}

function nextSteps(bootstrap: string): string {
  return `
What next:
  read the stream     npx rubin-alert-sim print-stream --src-topic ${streamTopic}
  your own consumer   python3 examples/consumer.py --broker ${bootstrap} --topic ${streamTopic}
  play it again       npx rubin-alert-sim play-stream --src-topic ${reservoirTopic} --dst-topic ${streamTopic} --force
  stop the broker     npx rubin-alert-sim broker down`;
}
