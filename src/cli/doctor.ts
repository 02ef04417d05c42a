import { Command } from 'commander';
import { cacheFolder } from '../broker/cacheFolder.js';
import { brokerCheck, javaCheck, kafkaCheck } from '../doctor/brokerChecks.js';
import { diagnose, type Check, type Diagnosis } from '../doctor/check.js';
import { clientCheck, featuresCheck, toolchainCheck } from '../doctor/clientChecks.js';
import { coresCheck, diskCheck, nodeCheck } from '../doctor/machineChecks.js';
import { AlertSimError } from '../errors.js';
import { ownCommand } from '../ownCommand.js';
import { commandContext, type CommandContext } from './context.js';

const marks = { works: 'ok', limited: 'limited', missing: 'MISSING' } as const;

/** `doctor`: what works on this machine, what does not, and the command that fixes it. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('show what works on this machine, what does not, and the command that fixes it')
    .option('--fix', 'fix what can be fixed without being root')
    .action(async ({ fix = false }: { fix?: boolean }, command: Command) => {
      await doctor(commandContext(command), fix);
    });
}

/**
 * Examines the machine and prints what it finds.
 *
 * @throws `MISSING_PREREQUISITE` when something is missing that a command needs
 */
export async function doctor(context: CommandContext, fix: boolean): Promise<void> {
  const cache = cacheFolder();
  const checks: readonly Check[] = [
    nodeCheck,
    clientCheck,
    featuresCheck,
    toolchainCheck,
    javaCheck,
    kafkaCheck(cache, context.progress),
    brokerCheck(cache),
    coresCheck,
    diskCheck(cache),
  ];
  const found = await diagnose(checks);
  print(found, context);
  const mendable = found.filter(({ finding }) => finding.fix !== undefined);
  if (fix && mendable.length > 0) {
    for (const { name, finding } of mendable) {
      context.print(`fixing: ${name}`);
      await finding.fix?.();
    }
    await doctor(context, false);
    return;
  }
  if (!fix && mendable.length > 0)
    context.print(`\`${ownCommand('doctor', '--fix')}\` fixes what needs no root rights.`);
  const missing = found.filter(({ finding }) => finding.state === 'missing');
  if (missing.length > 0) {
    throw new AlertSimError(
      'MISSING_PREREQUISITE',
      `missing here: ${missing.map(({ name }) => name).join(', ')}; the lines above show how to fix it`,
    );
  }
}

function print(found: readonly Diagnosis[], context: CommandContext): void {
  const width = Math.max(...found.map(({ name }) => name.length));
  for (const { name, finding } of found) {
    context.print(`${marks[finding.state].padEnd(8)} ${name.padEnd(width)}  ${finding.detail}`);
    if (finding.mend !== undefined) context.print(`${' '.repeat(width + 11)}fix: ${finding.mend}`);
  }
}
