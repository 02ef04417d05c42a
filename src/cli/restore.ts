import { Command } from 'commander';
import { resolve } from 'node:path';
import { changeName } from '../broker/settings/settingChange.js';
import { restoreJournal } from '../broker/settings/restoreSettings.js';
import { AlertSimError } from '../errors.js';
import { parseProperties } from '../kafka/settings.js';
import { commandContext } from './context.js';
import { gathered } from './gathered.js';

/**
 * The command `restore`: resets settings of a cluster that a comparison changed, where it was killed before
 * it could do so itself.
 */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('put back the settings of a cluster that a killed comparison left changed')
    .argument('<journal>', 'the file settings-journal.json that the comparison wrote')
    .option(
      '-X, --property <name=value>',
      'any librdkafka property, for a cluster with security; may be given again',
      gathered,
      [],
    )
    .option('--timeout-sec <seconds>', 'how long each request may take', '10')
    .action(async (file: string, options: RestoreOptions, command: Command) => {
      const { print } = commandContext(command);
      const seconds = Number(options.timeoutSec);
      if (!(seconds > 0)) {
        throw new AlertSimError('BAD_USAGE', `--timeout-sec ${options.timeoutSec} is not a number above 0`);
      }
      const properties = parseProperties(options.property);
      const report = await restoreJournal(resolve(file), { properties }, seconds * 1000);
      if (report === undefined) {
        throw new AlertSimError(
          'BAD_INPUT_FILE',
          `there is no ${file}: nothing is left to be put back, or the journal is elsewhere`,
        );
      }
      for (const change of report.restored) print(`${changeName(change)} is as before`);
      if (report.notRestored.length > 0) {
        throw new AlertSimError('BROKER_REFUSED', report.notRestored.join('\n'));
      }
    });
}

interface RestoreOptions {
  readonly property: readonly string[];
  readonly timeoutSec: string;
}
