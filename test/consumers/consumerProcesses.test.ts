import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ConsumerProcesses } from '../../src/consumers/consumerProcesses.js';
import { installationFolder } from '../../src/version.js';
import type { CommandGroupPlan } from '../../src/scenario/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'consumer processes '));
const running: ConsumerProcesses[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let run = 0;

/** Starts one group of this command; its members never join, unless `members` says so. */
function started(command: string, plan: Partial<CommandGroupPlan> = {}, members: () => number = () => 0) {
  run += 1;
  const runFolder = join(folder, String(run));
  const group: CommandGroupPlan = {
    ...{ kind: 'command', name: 'mine', command, members: 1, groupId: 'team-test', env: {} },
    ...{ readyNs: 10e9, restart: 'never' },
    ...plan,
  };
  const processes = ConsumerProcesses.start({
    groups: [{ plan: group, groupId: 'team-test' }],
    ...{ bootstrap: 'localhost:9092', topic: 'alerts-stream', registry: undefined, runFolder },
    environment: { PATH: process.env.PATH },
    redact: (line) => line.replaceAll('hunter2', '***'),
    committed: () => Promise.resolve(4711),
    members: () => Promise.resolve({ count: members(), haveJoined: true }),
    graceMs: 1500,
  });
  running.push(processes);
  const log = (member = 1): string =>
    readFileSync(join(runFolder, 'consumers', `mine-${member}.log`), 'utf8');
  const summary = () => {
    const found = processes.summary('mine');
    if (found === undefined) throw new Error('there is no such group');
    return found;
  };
  return { processes, runFolder, log, summary };
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error('it never held');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const lives = (pid: number): boolean => {
  try {
    // A zombie that its new parent has not collected is no process that goes on.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

describe('what a program of a consumer is given', () => {
  it('is in its environment, its command and its env, for each member its own', async () => {
    const command =
      'echo ${bootstrap} "${topic}" \'${group}\' ${member} $KAFKA_TOPIC $ALERTSIM_MEMBER $OWN; read x; echo "stdin $?"';
    const { processes, log } = started(command, { members: 2, env: { OWN: 'a b ${topic} $HOME' } });
    await until(() => !processes.isAlive('mine'));
    expect(log(1)).toBe(
      'localhost:9092 alerts-stream team-test 1 alerts-stream 1 a b alerts-stream $HOME\nstdin 1\n',
    );
    expect(log(2)).toMatch(/^localhost:9092 alerts-stream team-test 2 alerts-stream 2 /);
  });

  it('is checked before anything starts', () => {
    expect(() => started('echo ${registry}')).toThrow(
      'consumers.groups.mine.command asks for ${registry}, but there is no schema registry',
    );
  });
});

describe('a program that does not become a consumer', () => {
  it.each<[string, string, number, RegExp]>([
    ['is not found', 'no-such-program --topic x', 127, /no-such-program.*not found/],
    [
      'may not be executed',
      join(installationFolder, 'package.json').replaceAll(' ', '\\ '),
      126,
      /ermission denied/,
    ],
    [
      'ends at once',
      'echo "Traceback: no module named foo" >&2; exit 3',
      3,
      /Traceback: no module named foo/,
    ],
  ])('is reported with its last lines: it %s', async (_, command, exitCode, line) => {
    const { processes, log, summary } = started(command);
    const [notReady] = await processes.ready(() => false);
    expect(notReady).toMatchObject({ group: 'mine', members: 0, of: 1, log: 'consumers/mine-1.log' });
    expect(notReady?.exit).toMatchObject({
      member: 1,
      exit: { exitCode, signal: null, committed: 4711, restarted: false },
    });
    expect(notReady?.lastLines.join('\n')).toMatch(line);
    expect(log()).toMatch(line);
    await processes.stop();
    expect(summary()).toMatchObject({ readySeconds: null, members: [{ exitCount: 1, endedBy: 'itself' }] });
  });

  it('is waited for as long as ready says, and one that joins no longer', async () => {
    const { processes } = started('sleep 60', { readyNs: 0.3e9 });
    expect(await processes.ready(() => false)).toMatchObject([{ group: 'mine', exit: undefined }]);
    const { processes: others, summary } = started('sleep 60', { members: 2 }, () => 2);
    expect(await others.ready(() => false)).toEqual([]);
    expect(summary().readySeconds).toBeLessThan(1);
  });
});

describe('a program that dies', () => {
  it('is reported with how, when, its last lines without secrets, and what was committed', async () => {
    const { processes, summary } = started('echo password hunter2; kill -SEGV $$');
    await until(() => !processes.isAlive('mine'));
    await processes.stop();
    expect(summary().members).toMatchObject([
      {
        exits: [
          {
            exitCode: null,
            signal: 'SIGSEGV',
            committed: 4711,
            lastLines: ['password ***'],
            restarted: false,
          },
        ],
        ...{ restarts: 0, endedBy: 'itself' },
      },
    ]);
  });

  it('takes what it had started with it', async () => {
    const { processes, log } = started('sleep 300 & echo $!; exit 1');
    await until(() => !processes.isAlive('mine'));
    expect(lives(Number(log()))).toBe(false);
  });

  it('is started again if asked for, and its output goes on in the same file', async () => {
    const { processes, log, summary } = started('echo "member ${member}"; exit 7', { restart: 'always' });
    await until(() => (summary().members[0]?.exitCount ?? 0) >= 2);
    expect(processes.isAlive('mine')).toBe(true);
    await processes.stop();
    expect(summary().members[0]).toMatchObject({
      restarts: 1,
      exits: [{ exitCode: 7, restarted: true }, {}],
    });
    expect(log()).toMatch(
      /^member 1\n\[rubin-alert-sim: it ended at \S+ with exit code 7; restart 1\]\nmember 1\n$/,
    );
  });
});

describe('the end of a program', () => {
  it('is by SIGTERM, which it may answer', async () => {
    const { processes, log, summary } = started(
      'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done',
    );
    await until(() => log().includes('up'));
    await processes.stop();
    expect(summary().members[0]).toMatchObject({ exitCount: 0, endedBy: 'SIGTERM' });
    // The shell says how the sleep ended that it waited for.
    expect(log()).toMatch(/^up\n(Terminated\n)?bye\n$/);
  });

  it('is by SIGKILL for one that ignores it, and for its children', async () => {
    const { processes, log, summary } = started(
      "trap '' TERM; sh -c 'while :; do sleep 0.1; done' & echo $! $$; while :; do sleep 0.1; done",
    );
    await until(() => log().includes('\n'));
    await processes.stop();
    expect(summary().members[0]).toMatchObject({ exitCount: 0, endedBy: 'SIGKILL' });
    expect(log().trim().split(' ').map(Number).filter(lives)).toEqual([]);
  });

  it('comes with us, also when we are killed', async () => {
    // The compiled program's module in a process of its own, which dies without having done anything.
    const module = join(installationFolder, 'dist', 'src', 'consumers', 'consumerProcesses.js');
    const pids = join(folder, 'pids');
    const script = `
      const { ConsumerProcesses } = await import(${JSON.stringify(module)});
      ConsumerProcesses.start({
        groups: [{ groupId: 'g', plan: { kind: 'command', name: 'mine', members: 1, env: {}, readyNs: 0, restart: 'never',
          command: 'sleep 300 & echo $! $$ > "${pids}"; wait' } }],
        bootstrap: 'b', topic: 't', registry: undefined, environment: process.env, runFolder: ${JSON.stringify(join(folder, 'killed'))},
        redact: (line) => line, committed: async () => null, members: async () => ({ count: null, haveJoined: false }),
      });
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    await until(() => existsSync(pids) && readFileSync(pids, 'utf8').includes('\n'));
    const members = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    expect(members.filter(lives)).toHaveLength(2);
    parent.kill('SIGKILL');
    await until(() => members.filter(lives).length === 0);
  });
});

describe('what a program prints', () => {
  it('is kept at its beginning and its end: 300 MB become 2', async () => {
    const { processes, runFolder, summary } = started(
      'echo first; head -c 300000000 /dev/zero | tr "\\0" x; echo; echo last; exit 1',
    );
    await until(() => !processes.isAlive('mine'));
    await processes.stop();
    const file = join(runFolder, 'consumers', 'mine-1.log');
    expect(statSync(file).size).toBeLessThan(2_100_000);
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith('first\nxxx')).toBe(true);
    expect(text).toMatch(/x\n\[rubin-alert-sim left out 298000012 bytes here\]\nx+\nlast\n$/);
    const [exit] = summary().members[0]?.exits ?? [];
    expect(exit?.lastLines.at(-1)).toBe('last');
    expect(exit?.lastLines[0]?.length).toBeLessThan(310);
  });
});

describe('CPU and memory of a program', () => {
  it('are those of all its processes', async () => {
    const busy = "python3 -c 'x = bytearray(100_000_000)\nwhile True: pass'";
    const { processes, summary } = started(`${busy} & ${busy}`);
    await until(() => processes.cpuSeconds > 0.5);
    await processes.stop();
    const { cpuCores, members } = summary();
    expect(cpuCores).toBeGreaterThan(0.2);
    expect(members[0]?.rssBytesMax).toBeGreaterThan(200e6);
    expect(members[0]?.rssBytesMax).toBeLessThan(300e6);
  });
});
