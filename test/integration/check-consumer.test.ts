import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { acceptsConnections } from '../../src/broker/probe.js';
import type { RunSummary } from '../../src/results/runFolder.js';
import { runCommand, startCommand } from './support/commandLine.js';
import { pythonWithKafka } from './support/python.js';

vi.setConfig({ testTimeout: 180_000 });

const script = join(import.meta.dirname, 'support', 'consumer_under_test.py');
const small = [
  ...['--set', 'alerts.synthetic.cutouts=false', '--set', 'alerts.synthetic.meanBytes=10kB'],
  ...['--rate', '500/s', '--within', '20s', '--ready', '60s'],
];

let python: string | undefined;
let folder: string;
beforeAll(async () => {
  python = await pythonWithKafka();
  folder = await mkdtemp(join(tmpdir(), 'check-consumer-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const words = (options: string, ...more: string[]): string[] => [
  ...['check-consumer', '--command', `${python ?? ''} ${script} ${options}`, '--out', join(folder, 'runs')],
  ...small,
  ...more,
];

/** What a line of the output says of a check's Kafka. */
const portOf = (stdout: string): number => Number(/Kafka \S+ at localhost:(\d+)/.exec(stdout)?.[1]);

const isGone = (port: number): Promise<boolean> =>
  acceptsConnections(port).then(
    () => false,
    () => true,
  );

async function summaryOf(stdout: string): Promise<RunSummary> {
  const run = /^Everything is in (.*)$/m.exec(stdout)?.[1] ?? '';
  return JSON.parse(await readFile(join(run, 'summary.json'), 'utf8')) as RunSummary;
}

describe('check-consumer', () => {
  it('passes one that commits and writes everything, reports it to JUnit, and leaves nothing', async ({
    skip,
  }) => {
    if (python === undefined) return skip();
    const [ids, junit] = [join(folder, 'ids.txt'), join(folder, 'reports', 'junit.xml')];
    const checked = await runCommand(
      words(`--write ${ids}`, '--alerts', '300', '--members', '2', '--ids-from', ids, '--junit', junit),
    );
    expect(checked).toMatchObject({ code: 0 });
    expect(checked.stdout).toMatch(/^sent {7}300 alerts in /m);
    expect(checked.stdout).toMatch(/^committed {2}300 of 300 alerts, the last one \S+ after it was due/m);
    expect(checked.stdout).toMatch(/^written {4}.*ids\.txt names all 300 alerts$/m);
    expect(checked.stdout).toMatch(/^PASSED$/m);
    const { watchedGroups, verdict } = await summaryOf(checked.stdout);
    expect(verdict).toBe('passed');
    expect(watchedGroups).toMatchObject([
      {
        ...{ kind: 'command', committed: 300, uncommitted: 0, members: { min: 2, max: 2 }, rebalances: 0 },
        process: { members: [{ member: 1, exitCount: 0, endedBy: 'SIGTERM' }, { member: 2 }] },
      },
    ]);
    expect(await readFile(junit, 'utf8')).toMatch(
      /<testsuites tests="5" failures="0" errors="0" skipped="0"/,
    );
    expect(await isGone(portOf(checked.stdout))).toBe(true);
  });

  it('fails one that loses one alert in fifty: it commits them, but its own file shows it', async ({
    skip,
  }) => {
    if (python === undefined) return skip();
    const [ids, junit] = [join(folder, 'lossy.txt'), join(folder, 'lossy.xml')];
    const checked = await runCommand(
      words(`--write ${ids} --skip-every 50`, '--alerts', '300', '--ids-from', ids, '--junit', junit),
    );
    expect(checked).toMatchObject({ code: 4 });
    expect(checked.stdout).toMatch(/^committed {2}300 of 300 alerts, /m);
    expect(checked.stdout).toMatch(/^FAILED: .*lossy\.txt does not name 6 of 300 alerts, for example \d+, /m);
    expect(await readFile(junit, 'utf8')).toMatch(
      /name="every alert is written".*<failure message=".*6 of 300/,
    );
  });

  it('fails one that crashes, with how, after how many alerts, and its last lines', async ({ skip }) => {
    if (python === undefined) return skip();
    // Nobody is left to wait for: it doesn't take the five minutes.
    const checked = await runCommand(words('--crash-after 100', '--alerts', '300', '--within', '5m'));
    expect(checked).toMatchObject({ code: 4 });
    expect(checked.stdout).toMatch(
      /^FAILED: the consumer consumer\/1 ended with exit code 1 at .* when its group had committed 100 alerts of the run; its last lines .*KeyError: 'diaObject'$/m,
    );
    expect(checked.stdout).toMatch(/^FAILED: 200 of 300 alerts were not committed within 5m 00s$/m);
  });

  it('fails a command that is not found within its time, and an option that cannot be, before Kafka starts', async () => {
    const unknown = await runCommand(['check-consumer', '--command', 'python3 c.py ${tpoic}']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(
      /the environment variable tpoic is not set; .* a run itself knows \$\{bootstrap\}/,
    );
    const missing = await runCommand([
      ...['check-consumer', '--command', 'no-such-consumer ${topic}', '--alerts', '20', ...small],
      ...['--out', join(folder, 'runs')],
    ]);
    expect(missing).toMatchObject({ code: 4 });
    expect(missing.stdout).toMatch(/^FAILED: the command of the consumer consumer\/1 was not found; /m);
    expect(missing.stdout).not.toMatch(/nothing was acknowledged|had not committed/);
  });

  it('stops everything also when it is interrupted, or killed', async ({ skip }) => {
    if (python === undefined) return skip();
    const before = readdirSync(tmpdir());
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const pidFile = join(folder, `${signal}.pid`);
      const command = `echo $$ > ${pidFile}; exec ${python} ${script}`;
      const check = startCommand([
        ...['check-consumer', '--command', command, '--alerts', '5000', '--rate', '50/s'],
        ...[...small.slice(0, 4), '--out', join(folder, 'runs')],
      ]);
      let stdout = '';
      check.child.stdout?.on('data', (text: string) => (stdout += text));
      await check.prints(/Kafka \S+ at localhost/);
      await vi.waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '', 90_000);
      check.child.kill(signal);
      const ended = await check.ended;
      expect(ended).toMatchObject(signal === 'SIGINT' ? { code: 130 } : { signal: 'SIGKILL' });
      const pid = Number(readFileSync(pidFile, 'utf8'));
      await vi.waitUntil(() => !existsSync(`/proc/${pid}`), 20_000);
      await vi.waitUntil(() => isGone(portOf(stdout)), 20_000);
    }
    await vi.waitUntil(
      () =>
        readdirSync(tmpdir()).every((name) => !name.startsWith('rubin-alert-sim-') || before.includes(name)),
      20_000,
    );
  });
});
