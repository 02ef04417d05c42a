import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mainScript, startCommand } from './support/commandLine.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

vi.setConfig({ testTimeout: 60_000 });

/** A drain, a deadline or a time limit that was waited for would take 30 s and more; a busy machine needs a few. */
const mostSeconds = 15;

let kafka: TestKafka;
let folder: string;
/** A server that accepts connections and never answers. */
let mute: Server;
beforeAll(async () => {
  mute = createServer((socket) => {
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'interrupts-'));
});
afterAll(async () => {
  mute.close();
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const mutePort = (): number => (mute.address() as AddressInfo).port;

interface Changes {
  readonly bootstrap?: string;
  readonly kafka?: string;
  readonly alerts?: string;
  readonly phases?: string;
  readonly more?: string;
}

const scenario = (name: string, { bootstrap = kafka.bootstrap, ...changes }: Changes): string => `
name: ${name}
kafka: { bootstrap: '${bootstrap}'${changes.kafka ?? ''} }
alerts: { payload: ${changes.alerts ?? '{ bytes: 1000, count: 1000 }'} }
reservoir: { topic: ${name}-reservoir, partitions: 2, workers: 1 }
stream: { topic: ${name}-stream, partitions: 4 }
replay:
  workers: 2
  phases: [${changes.phases ?? '{ name: steady, rate: 500/s, duration: 60s }'}]
limits: { drain: 60s }
${changes.more ?? ''}
`;

async function summaryIn(out: string): Promise<RunSummary | undefined> {
  const [id] = await readdir(out).catch(() => []);
  const file = join(out, id ?? '', 'summary.json');
  return id === undefined || !existsSync(file)
    ? undefined
    : (JSON.parse(await readFile(file, 'utf8')) as RunSummary);
}

const searching =
  '{ name: limit, search: { from: 100/s, to: 1000/s, hold: 20s, settle: 20s, conditions: { response.p99: "< 1s" } } }';

const slowReader = 'consumers: { groups: [{ name: slow, members: 1, slow: { maxRate: 20/s } }] }';

describe('a run that is interrupted', () => {
  it.each<[string, NodeJS.Signals, Changes & { args?: readonly string[]; frozen?: true }, RegExp, boolean]>([
    ['while it connects', 'SIGINT', { bootstrap: 'MUTE' }, /^$/, false],
    ['while it waits for other machines', 'SIGTERM', { args: ['--shard', '0/2'] }, /shard 0 of 2/, false],
    ["while it waits for the brokers' metrics", 'SIGINT', { kafka: `, jmx: 'MUTE'` }, /^$/, false],
    ['while it preloads', 'SIGINT', { alerts: '{ bytes: 100000, count: 40000 }' }, /preloading/, true],
    ['in a phase', 'SIGINT', {}, /s steady, /, true],
    ['in a phase, by a closed terminal', 'SIGHUP', {}, /s steady, /, true],
    ['in a phase in which the broker answers nothing', 'SIGINT', { frozen: true }, /s steady, /, true],
    ['in a search', 'SIGTERM', { phases: searching, more: slowReader }, /s limit, /, true],
    [
      'while consumers catch up',
      'SIGINT',
      { phases: '{ name: burst, rate: 2000/s, duration: 2s }', more: slowReader },
      /catching up/,
      true,
    ],
    [
      'while consumers catch up, by a service manager',
      'SIGTERM',
      { phases: '{ name: burst, rate: 2000/s, duration: 2s }', more: slowReader },
      /catching up/,
      true,
    ],
    [
      'in a phase, with an InfluxDB that never answers',
      'SIGINT',
      { more: `outputs: { influx: { url: 'http://127.0.0.1:MUTE', bucket: b, token: t, org: o } }` },
      /s steady, /,
      true,
    ],
  ])('%s ends soon, with 130 and what was measured (%s)', async (title, signal, changes, moment, leaves) => {
    const name = title.replace(/[^a-z]+/g, '-');
    const out = join(folder, name);
    const text = scenario(name, changes).replaceAll("'MUTE'", `'127.0.0.1:${mutePort()}'`);
    await writeFile(`${out}.yaml`, text.replaceAll('MUTE', String(mutePort())));
    const run = startCommand(['--verbose', 'run', `${out}.yaml`, '--out', out, ...(changes.args ?? [])]);
    if (moment.source === '^$') await once(mute, 'connection');
    else await run.prints(moment);
    if (changes.frozen === true) {
      kafka.freeze();
      await sleep(500);
    }
    const sentMs = performance.now();
    run.child.kill(signal);
    const { code, stderr } = await run.ended;
    const seconds = (performance.now() - sentMs) / 1000;
    if (changes.frozen === true) kafka.thaw();
    expect(code, stderr).toBe(130);
    expect(seconds).toBeLessThan(mostSeconds);
    // Two seconds and a busy machine's time to print: from then on the user knows what is waited for.
    if (seconds > 4) expect(stderr).toMatch(/interrupted: waiting for .*; a second Ctrl-C ends the program/);
    const summary = await summaryIn(out);
    if (leaves) expect(summary?.verdict, stderr).toBe('interrupted');
    if (moment.source.includes('steady')) expect(summary?.counts.acked).toBeGreaterThan(100);
  });

  it('leaves its summary when its terminal is closed', async () => {
    const out = join(folder, 'terminal');
    await writeFile(`${out}.yaml`, scenario('terminal', {}));
    const words = [process.execPath, mainScript, 'run', `${out}.yaml`, '--out', out];
    const { stdout } = await promisify(execFile)('python3', ['-c', closesTerminal, ...words]);
    expect(JSON.parse(stdout)).toMatchObject({ exit: 130 });
    expect((JSON.parse(stdout) as { seconds: number }).seconds).toBeLessThan(mostSeconds);
    expect((await summaryIn(out))?.verdict).toBe('interrupted');
  });

  it('ends at once at the second signal, but not at one that npm hands on a moment later', async () => {
    const out = join(folder, 'twice');
    await writeFile(`${out}.yaml`, scenario('twice', {}));
    const run = startCommand(['run', `${out}.yaml`, '--out', out]);
    await run.prints(/s steady, /);
    run.child.kill('SIGINT');
    await sleep(50);
    run.child.kill('SIGINT');
    const { code } = await run.ended;
    expect(code).toBe(130);
    expect((await summaryIn(out))?.verdict).toBe('interrupted');
  });
});

/** Starts a command on a terminal of its own, closes the terminal while a phase is under way, and says how it ended. */
const closesTerminal = `
import json, os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b''
while b's steady, ' not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
start = time.time()
_, status = os.waitpid(pid, 0)
print(json.dumps({'exit': os.waitstatus_to_exitcode(status), 'seconds': time.time() - start}))
`;
import type { RunSummary } from '../../src/results/runFolder.js';

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
