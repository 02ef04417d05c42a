import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commandLine } from '../../src/cli/commandLine.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wrong paths '));
  await mkdir(join(folder, 'folder.avro'));
  await mkdir(join(folder, 'folder.avsc'));
  await writeFile(join(folder, 'file'), '');
  await symlink('loop', join(folder, 'loop'));
  await symlink('loop.avsc', join(folder, 'loop.avsc'));
  const phases = 'replay: {phases: [{name: steady, rate: 1/s, duration: 1s}]}';
  await writeFile(
    join(folder, 'alerts.yaml'),
    `name: a
alerts: {file: none}
${phases}
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const longName = 'n'.repeat(300);

/** Every command that takes a path and looks at it before it looks for a broker; PATH is the wrong one. */
const commands = {
  'a scenario to run': ['run', 'PATH'],
  'a scenario to look at': ['run', 'PATH', '--dry-run'],
  'a scenario to compare': ['compare', 'PATH'],
  'the alerts of a scenario': ['run', 'SCENARIO', '--dry-run', '--set', 'alerts.file=PATH'],
  'a run to report': ['report', 'PATH'],
  'a run to publish': ['publish', 'PATH', '--url', 'http://127.0.0.1:9', '--bucket', 'b'],
  'a run to compare with': ['compare', 'PATH', 'PATH'],
  'a run to keep': ['baseline', 'save', 'b', 'PATH'],
  'a container to look into': ['container', 'info', 'PATH'],
  'a container to count': ['container', 'count', 'PATH'],
  'a container to copy': ['container', 'recompress', 'PATH', '-o', 'OUT', '--codec', 'null'],
  'alerts to preload': ['create-stream', 'PATH'],
  'the schema of a stream': ['print-stream', '--schema', 'PATH'],
  'a journal': ['restore', 'PATH'],
} as const;

const wrong = {
  'does not exist': 'nowhere',
  'is a folder': 'folder.avro',
  'leads through a file': 'file/below',
  'is a link to itself': 'loop',
  'is too long': longName,
} as const;

const cases = Object.entries(commands).flatMap(([what, words]) =>
  Object.entries(wrong).map(([how, path]) => [what, how, words as readonly string[], path] as const),
);

describe('a wrong path', () => {
  it.each(cases)('of %s that %s is one sentence, with exit code 2', async (_what, _how, words, path) => {
    const { message, exitCode } = await outcomeOf(words, join(folder, path));
    expect(exitCode, message).toBe(2);
    expect(message).toContain(join(folder, path));
    expectSentence(message);
  });

  it.each([
    ['a schema', ['print-stream', '--schema', 'PATH'], 'folder.avsc', 'it is a folder, not a file'],
    ['a schema', ['print-stream', '--schema', 'PATH'], 'loop.avsc', 'its symbolic links go in a circle'],
    [
      'a new container',
      ['generate', 'PATH', '--visits', '1', '--alerts-per-visit', '1'],
      'nowhere/a.avro',
      'its folder does not exist',
    ],
    [
      'a new container',
      ['generate', 'PATH', '--visits', '1', '--alerts-per-visit', '1'],
      'file/a.avro',
      'is a file',
    ],
    [
      'a new container',
      ['generate', 'PATH', '--visits', '1', '--alerts-per-visit', '1'],
      'folder.avro',
      'cannot write .*folder\\.avro: it is a folder, not a file; choose another name',
    ],
    [
      'a sample',
      ['generate', 'PATH', '--sample', 'small'],
      'folder.avro',
      'cannot write .*folder\\.avro: it is a',
    ],
    [
      'a new container',
      ['generate', 'PATH', '--visits', '1', '--alerts-per-visit', '1'],
      longName,
      'too long',
    ],
    ['the folder of all baselines', ['baseline', 'list', '--dir', 'PATH'], 'file', 'not a folder'],
    ["a broker's folder", ['broker', 'up', '--data', 'PATH'], 'file', 'a file of that name is in the way'],
    ["a broker's folder", ['broker', 'up', '--data', 'PATH'], 'file/below', 'is a file, not a folder'],
    [
      "a broker's folder",
      ['broker', 'up', '--data', 'PATH'],
      'loop',
      'of that name is in the way|go in a circle',
    ],
    ["a broker's folder", ['broker', 'up', '--data', 'PATH'], longName, 'too long'],
    ["a broker's folder", ['broker', 'status', '--data', 'PATH'], 'file', 'is a file, not a folder'],
    ["a broker's folder", ['broker', 'down', '--data', 'PATH'], 'file', 'is a file, not a folder'],
  ])('of %s (%j, %s) says what it is', async (_what, words, path, reason) => {
    const { message, exitCode } = await outcomeOf(words, join(folder, path));
    expect(message).toMatch(new RegExp(reason));
    expect(exitCode).toBe(2);
    expectSentence(message);
  });
});

/** What the whole command line prints on standard error, and its exit code. */
async function outcomeOf(
  words: readonly string[],
  path: string,
): Promise<{ readonly message: string; readonly exitCode: number }> {
  const stand: Record<string, string> = {
    SCENARIO: join(folder, 'alerts.yaml'),
    OUT: join(folder, 'out.avro'),
  };
  const args = words.map((word) => stand[word] ?? word.replace('PATH', path));
  let message = '';
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    message += String(text);
    return true;
  });
  try {
    const exitCode = await commandLine(['node', 'rubin-alert-sim', ...args]);
    return { message, exitCode };
  } finally {
    stderr.mockRestore();
  }
}

function expectSentence(message: string): void {
  expect(message).toMatch(/^rubin-alert-sim: [^\n]+\n$/);
  expect(message).not.toMatch(/\bE[A-Z]{3,}\b|illegal operation|undefined|defect/);
}
