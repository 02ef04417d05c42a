import { Command } from 'commander';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, defaultStateFolder } from '../broker/cacheFolder.js';
import { defaultJmxPort, defaultPort } from '../broker/brokerConfig.js';
import { defaultRegistryPort, startRegistry } from '../broker/localRegistry.js';
import { defaultKafkaVersion } from '../broker/distribution.js';
import { startBroker } from '../broker/startBroker.js';
import { makeFolders } from '../makeFolders.js';
import { ownCommand, ownFile } from '../ownCommand.js';
import { installationFolder, isClone } from '../version.js';
import { commandContext, type CommandContext } from './context.js';
import type { RunOutput } from '../outputs/runOutput.js';
import { doctor } from './doctor.js';
import { ensureSingleCcdSample } from './generate.js';
import { run } from './run.js';

const reservoirTopic = 'rubin-example-reservoir';
const streamTopic = 'rubin-example-stream';
const timeoutSec = 30;

/** `start`: from nothing to a measured stream; what `npm start` runs. */
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
  const { record, paths, startedNow } = await startBroker(
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
  const registry = await startRegistry(record, paths.folder, defaultRegistryPort, signal);
  print(
    registry.kind === 'running'
      ? `A schema registry is at ${registry.record.url} (pid ${registry.record.pid})`
      : `There is no schema registry: ${registry.reason}`,
  );

  print('\n3. A sample of alerts');
  const folder = await folderForResults();
  const sample = join(folder, 'data', 'rubin_single_ccd_sample.avro');
  await makeFolders(join(folder, 'data'));
  await ensureSingleCcdSample(sample, context);
  print(`${sample} is there`);

  print('\n4. The scenario scenarios/first-run.yaml: preload, replay at the recorded pace, then ever faster');
  const set = [`kafka.bootstrap=${bootstrap}`, `alerts.file=${sample}`];
  const values = { out: join(folder, 'runs'), set, jmx: [], timeoutSec };
  const scenario = join(installationFolder, 'scenarios', 'first-run.yaml');
  await run(scenario, values, context, [announcement(bootstrap, print)]).finally(() => {
    // Even after an inconclusive run: the stream exists.
    print('\nWhat next:');
    for (const [what, command] of nextSteps(bootstrap)) print(`  ${what.padEnd(19)} ${command}`);
    print(`More scenarios are in ${ownFile('scenarios')}, a consumer in Python in ${ownFile('examples')}.`);
  });
}

/** Says how to read the stream as soon as it exists: a newcomer need not wait for the end of the measurement. */
function announcement(bootstrap: string, print: CommandContext['print']): RunOutput {
  return {
    onStart: () => {
      const [read, own] = nextSteps(bootstrap);
      print(
        `The stream ${streamTopic} is there, at ${bootstrap}. Read it in another terminal, now or later:`,
      );
      for (const step of [read, own]) if (step !== undefined) print(`  ${step[1]}`);
      print('What follows measures the broker with it, for about 25 s:');
    },
  };
}

/** The clone; the current folder where this is an installed package, or a clone that is read-only. */
async function folderForResults(): Promise<string> {
  const isWritable = await access(installationFolder, constants.W_OK).then(
    () => true,
    () => false,
  );
  return isClone && isWritable ? installationFolder : process.cwd();
}

/** What a user can do after `start`, and the command for the shell where `start` was called. */
export function nextSteps(bootstrap: string): readonly (readonly [string, string])[] {
  const isUsual = bootstrap === `localhost:${defaultPort}`;
  const broker = isUsual ? [] : ['--broker', bootstrap];
  const smoke = `${ownCommand('run')} ${ownFile('scenarios/quick-smoke.yaml')}`;
  const consumer = `node ${ownFile('examples/consumer.mjs')}`;
  const replay = ['--src-topic', reservoirTopic, '--dst-topic', streamTopic, '--force'];
  return [
    ['read the stream', ownCommand('print-stream', ...broker, '--src-topic', streamTopic, '--count', '10')],
    ['your own consumer', [consumer, ...broker, '--topic', streamTopic, '--count', '10'].join(' ')],
    ['play it again', ownCommand('play-stream', ...broker, ...replay)],
    ['another scenario', `${smoke}${isUsual ? '' : ` --set kafka.bootstrap=${bootstrap}`}`],
    ['stop the broker', ownCommand('broker', 'down')],
  ];
}
