import { parseArgs } from 'node:util';
import { AlertSimError, messageOf } from '../src/errors.js';

/** What `npm run bench` is asked to do. */
export type BenchCommand =
  | {
      readonly kind: 'help';
    }
  | {
      readonly kind: 'micro';
      /** Parts of the steps' names; none means all. */
      readonly steps: readonly string[];
      /** Part of the usual time. */
      readonly scale: number;
    }
  | {
      readonly kind: 'show';
      /** At least one. */
      readonly paths: readonly string[];
      /** Where the chart goes. */
      readonly svg: string | undefined;
    }
  | {
      /** Make the cost model from result files. */
      readonly kind: 'model';
      /** At least one. */
      readonly paths: readonly string[];
    }
  | {
      readonly kind: 'measure';
      /** Names of benchmarks, or what they begin with; none means all. */
      readonly words: readonly string[];
      readonly rounds: number;
      /** Part of the usual messages and seconds. */
      readonly scale: number;
      /** Numbers of workers of ours. */
      readonly workers: readonly number[];
      /** Folder of the original simulator; undefined where it is not measured. */
      readonly original: string | undefined;
      /** Folder of OpenMessaging Benchmark; undefined where it is not measured. */
      readonly omb: string | undefined;
    };

/** The usage, some lines. */
export function benchUsage(names: readonly string[]): string {
  return `usage: npm run bench -- [OPTION…] [NAME…]
       npm run bench -- micro [--quick] [STEP…]
       npm run bench -- show [--svg FILE] FILE…
       npm run bench -- model FILE…

  --rounds N         how often each contender is measured (default: 5, with --quick 2)
  --quick            a tenth of the messages and seconds: to see that it works, not for figures to be told
  --workers N,M      a contender of ours for each number of workers (default: 1,2)
  --original FOLDER  measures the original simulator, too: a checkout with its Python in FOLDER/venv
                     (or RUBIN_ALERT_SIM_ORIGINAL)
  --omb FOLDER       measures OpenMessaging Benchmark, too: an unpacked distribution
                     (or RUBIN_ALERT_SIM_OMB)
  --svg FILE         draws what is shown
  --help             prints this

NAME is a benchmark, or what names of benchmarks begin with; without one, all are measured:
${names.map((name) => `  ${name}`).join('\n')}
`;
}

/**
 * Parses the command line.
 *
 * @param environment - for `RUBIN_ALERT_SIM_ORIGINAL` and `RUBIN_ALERT_SIM_OMB`
 * @throws `BAD_USAGE`
 */
export function benchCommand(
  words: readonly string[],
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): BenchCommand {
  const { values, positionals } = parsed(words);
  if (values.help) return { kind: 'help' };
  const scale = values.quick ? 0.1 : 1;
  const [first, ...rest] = positionals;
  if (first === 'micro') return { kind: 'micro', steps: rest, scale };
  if (first === 'show' || first === 'model') {
    if (rest.length === 0) throw usageError(`${first} needs result files, such as runs/bench-….json`);
    if (first === 'show') return { kind: 'show', paths: rest, svg: values.svg };
  }
  if (values.svg !== undefined) throw usageError('--svg draws result files: it goes with show FILE…');
  if (first === 'model') return { kind: 'model', paths: rest };
  for (const word of positionals) {
    if (!names.some((name) => name.startsWith(word))) throw usageError(`no benchmark begins with '${word}'`);
  }
  return {
    kind: 'measure',
    words: positionals,
    rounds: wholeNumber('--rounds', values.rounds ?? (values.quick ? '2' : '5')),
    scale,
    workers: values.workers.split(',').map((text) => wholeNumber('--workers', text)),
    original: values.original ?? (environment.RUBIN_ALERT_SIM_ORIGINAL || undefined),
    omb: values.omb ?? (environment.RUBIN_ALERT_SIM_OMB || undefined),
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        workers: { type: 'string', default: '1,2' },
        original: { type: 'string' },
        omb: { type: 'string' },
        svg: { type: 'string' },
      },
    });
  } catch (thrown) {
    // Node's sentence continues with advice about positional arguments that begin with a dash.
    throw usageError((messageOf(thrown).split(/[.\n]/)[0] ?? '').replace(/^Option/, 'the option'));
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text.trim()))
    throw usageError(`${option} takes whole numbers from 1 on, not '${text}'`);
  return Number(text);
}

function usageError(what: string): AlertSimError {
  return new AlertSimError('BAD_USAGE', `${what}; npm run bench -- --help tells what there is`);
}
