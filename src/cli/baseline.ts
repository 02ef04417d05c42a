import { Command } from 'commander';
import { resolve } from 'node:path';
import { checkBaseline, listBaselines, saveBaseline } from '../coordinator/baselines.js';
import { AlertSimError } from '../errors.js';
import { comparisonLines, differenceText, verdictText } from '../report/compareText.js';
import { withComparisonOptions, type ComparisonValues } from './compare.js';
import { commandContext } from './context.js';

interface FolderValue {
  readonly dir: string;
}

/** `baseline`: keeps runs, and compares later ones with them. Subcommands `save`, `check` and `list`. */
export function baselineCommand(): Command {
  return new Command('baseline')
    .description('keep runs, and hold later ones against them: exit code 4 when something got worse')
    .addCommand(saveCommand())
    .addCommand(checkCommand())
    .addCommand(listCommand());
}

function saveCommand(): Command {
  return withFolder(new Command('save'))
    .description('keep runs of one configuration under a name; an older one of this name is replaced')
    .argument('<name>', 'the name')
    .argument('<run...>', 'run folders')
    .option('--phase <name>', 'look at this phase only')
    .action(
      async (
        name: string,
        runs: readonly string[],
        values: FolderValue & { readonly phase?: string },
        command: Command,
      ) => {
        const { print, log } = commandContext(command);
        const { baseline, skipped } = await saveBaseline(resolve(values.dir), name, runs, values.phase);
        const { runs: saved } = baseline;
        for (const left of skipped) log.warning('baseline', `left out: ${left}`);
        print(`saved the baseline ${name}: ${saved.length} ${saved.length === 1 ? 'run' : 'runs'}`);
        if (saved.length < 3)
          print('With so few runs the check finds only large differences: save four or more.');
      },
    );
}

function checkCommand(): Command {
  return withComparisonOptions(withFolder(new Command('check')))
    .description('hold runs against a baseline; exit code 4 when something got worse')
    .argument('<name>', "the baseline's name")
    .argument('<run...>', 'run folders')
    .action(
      async (
        name: string,
        runs: readonly string[],
        values: FolderValue & ComparisonValues,
        command: Command,
      ) => {
        const { print } = commandContext(command);
        const { comparison, worse, differences, remarks } = await checkBaseline(
          resolve(values.dir),
          name,
          runs,
          {
            alpha: values.errorRate / 100,
            margin: values.margin / 100,
            only: values.metrics,
            allowDifferences: values.allowDifferences === true,
          },
        );
        for (const line of comparisonLines(comparison)) print(line);
        for (const remark of remarks) print(remark);
        for (const difference of differences) print(`differs: ${differenceText(difference)}`);
        if (worse.length > 0) {
          const what = worse
            .map((one) => `${one.metric.title} is ${verdictText(one, values.margin / 100)}`)
            .join('; ');
          throw new AlertSimError('EXPECTATION_FAILED', `worse than the baseline ${name}: ${what}`);
        }
        print(`nothing is worse than the baseline ${name}, as far as these runs show`);
      },
    );
}

function listCommand(): Command {
  return withFolder(new Command('list'))
    .description('the baselines there are')
    .action(async ({ dir }: FolderValue, command: Command) => {
      const { print } = commandContext(command);
      const baselines = await listBaselines(resolve(dir));
      if (baselines.length === 0) print(`no baselines in ${dir}`);
      for (const { name, savedAt, runs, phase } of baselines) {
        const of = [...new Set(runs.map(({ variant }) => variant))].join(', ');
        print(
          `${name}  ${savedAt}  ${runs.length} run(s) of ${of}${phase === null ? '' : `, phase ${phase}`}`,
        );
      }
    });
}

function withFolder(command: Command): Command {
  return command.option('--dir <folder>', 'the folder of all baselines', 'baselines');
}
