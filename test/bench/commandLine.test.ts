import { describe, expect, it } from 'vitest';
import { benchCommand, benchUsage } from '../../bench/commandLine.js';
import { AlertSimError } from '../../src/errors.js';

const names = ['flat-out-100', 'flat-out-1000', 'preload'];

describe('the command line of the benchmarks', () => {
  it.each([
    ['no words measure everything, five rounds', [], { words: [], rounds: 5, scale: 1, workers: [1, 2] }],
    ['--quick takes a tenth, twice', ['--quick'], { rounds: 2, scale: 0.1 }],
    ['rounds said go before those of --quick', ['--quick', '--rounds', '1', 'preload'], { rounds: 1 }],
    ['a beginning of names is a name', ['flat-out'], { words: ['flat-out'] }],
    ['each number of workers is a contender', ['--workers', '1,2,4'], { workers: [1, 2, 4] }],
    ['peers are folders', ['--original', '/o', '--omb', '/m'], { original: '/o', omb: '/m' }],
  ])('%s', (_sentence, words, expected) => {
    expect(benchCommand(words, names, {})).toMatchObject({ kind: 'measure', ...expected });
  });

  it('finds the folders of peers in the environment, where the command line names none', () => {
    const environment = { RUBIN_ALERT_SIM_ORIGINAL: '/a', RUBIN_ALERT_SIM_OMB: '' };
    expect(benchCommand([], names, environment)).toMatchObject({ original: '/a', omb: undefined });
    expect(benchCommand(['--original', '/b'], names, environment)).toMatchObject({ original: '/b' });
  });

  it('knows micro and show, and asks for nothing more with --help', () => {
    expect(benchCommand(['micro', '--quick', 'produce'], names, {})).toEqual({
      kind: 'micro',
      steps: ['produce'],
      scale: 0.1,
    });
    expect(benchCommand(['show', 'a.json', '--svg', 'b.svg'], names, {})).toEqual({
      kind: 'show',
      paths: ['a.json'],
      svg: 'b.svg',
    });
    expect(benchCommand(['model', 'a.json', 'b.json'], names, {})).toEqual({
      kind: 'model',
      paths: ['a.json', 'b.json'],
    });
    expect(benchCommand(['--help', 'nonsense'], names, {})).toEqual({ kind: 'help' });
  });

  it.each([
    ['an unknown option', ['--fast'], "Unknown option '--fast'"],
    ['an option without its value', ['--rounds'], "the option '--rounds <value>' argument missing"],
    ['a value where none is taken', ['--quick=yes'], "the option '--quick' does not take an argument"],
    ['no rounds', ['--rounds', '0'], "--rounds takes whole numbers from 1 on, not '0'"],
    ['rounds that are no number', ['--rounds', '1e1'], "--rounds takes whole numbers from 1 on, not '1e1'"],
    ['workers that are no numbers', ['--workers', '1,x'], "--workers takes whole numbers from 1 on, not 'x'"],
    ['an empty list of workers', ['--workers', ''], "--workers takes whole numbers from 1 on, not ''"],
    ['a name of no benchmark', ['preload', 'flatout'], "no benchmark begins with 'flatout'"],
    ['show without a file', ['show'], 'show needs result files'],
    ['a chart of what is only about to be measured', ['--svg', 'a.svg'], '--svg draws result files'],
  ])('answers %s with a sentence and exit code 2', (_sentence, words, message) => {
    const thrown = thrownBy(() => benchCommand(words, names, {}));
    expect(thrown).toBeInstanceOf(AlertSimError);
    expect(thrown).toMatchObject({ exitCode: 2 });
    expect((thrown as Error).message).toContain(message);
    expect((thrown as Error).message).not.toContain('\n');
  });

  it('lists every benchmark in the usage', () => {
    const lines = benchUsage(names).split('\n');
    for (const name of names) expect(lines).toContain(`  ${name}`);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}
