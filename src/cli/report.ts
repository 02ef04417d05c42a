import { Command } from 'commander';
import { commandContext } from './context.js';
import { writeReport } from '../report/run/runPage.js';

/** `report`: writes the page about a run. */
export function reportCommand(): Command {
  return new Command('report')
    .description('write report.html, one page that shows a run, into its folder')
    .argument('<run-folder>', 'the folder that `run` made')
    .action(async (folder: string, _options: unknown, command: Command) => {
      const { print } = commandContext(command);
      print(`The report is ${await writeReport(folder)}`);
    });
}
