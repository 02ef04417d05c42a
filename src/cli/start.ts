import { Command } from 'commander';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, defaultStateFolder } from '../broker/cacheFolder.js';
import { defaultJmxPort, defaultPort } from '../broker/brokerConfig.js';
import { defaultKafkaVersion } from '../broker/distribution.js';
import { startBroker } from '../broker/start.js';
import { installationFolder } from '../version.js';
import { commandContext, type CommandContext } from './context.js';
import { doctor } from './doctor.js';
import { ensureSingleCcdSample } from './generate.js';
import { run } from './run.js';

const reservoirTopic = 'rubin-example-reservoir';
const streamTopic = 'rubin-example-stream';
const timeoutSec = 30;

/**
 * `start`: from nothing to a measured stream; what `npm start` runs.
 *
 * @returns the command
 */
export function startCommand(): Command {
  return new Command('start')
    .description(
      'examine the machine, start a local broker, preload and replay a sample as a scenario says, and report',
    )
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

  print('\n4. The scenario scenarios/first-run.yaml: preload, replay at the recorded pace, then ever faster');
  const set = [`kafka.bootstrap=${bootstrap}`, `alerts.file=${sample}`];
  const values = { out: join(installationFolder, 'runs'), set, jmx: [], timeoutSec };
  await run(join(installationFolder, 'scenarios', 'first-run.yaml'), values, context).finally(() => {
    // Also after a run that proves nothing: the stream is there.
    print(nextSteps(bootstrap));
  });
}

function nextSteps(bootstrap: string): string {
  return `
What next:
  read the stream     npx rubin-alert-sim print-stream --src-topic ${streamTopic}
  your own consumer   python3 examples/consumer.py --broker ${bootstrap} --topic ${streamTopic}
  play it again       npx rubin-alert-sim play-stream --src-topic ${reservoirTopic} --dst-topic ${streamTopic} --force
  more scenarios      npx rubin-alert-sim run scenarios/rate-stairs.yaml (what each shows is said at its top)
  stop the broker     npx rubin-alert-sim broker down`;
}
