import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { frameHeadBytes } from '../../src/alerts/wireFormat.js';
import type { StoredMessage } from '../../src/kafka/topicReader.js';
import { passLengthUs } from '../../src/schedule/recorded.js';
import { decode, type DecodedAlert } from '../alerts/synthetic/decoding.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { runScenarioFile, type FinishedScenario } from './support/scenarios.js';
import { headerOf, topicContents } from './support/topicContents.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const alerts = 60;
const visitMs = 500;

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'rewrite-'));
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

function play(name: string, phase: string): Promise<FinishedScenario> {
  return runScenarioFile(
    folder,
    name,
    `
kafka: { bootstrap: '${kafka.bootstrap}' }
alerts: { synthetic: { visits: 3, alertsPerVisit: ${alerts / 3}, cadence: ${visitMs}ms, meanBytes: 8kB, cutouts: false } }
reservoir: { topic: reservoir, partitions: 4, workers: 2, reuse: true }
stream: { topic: stream-${name}, partitions: 3 }
replay: { workers: 2, phases: [ { name: night, ${phase} } ] }
expect: { achievedRate: any }
limits: { selfCheck: { scheduleLagP99: 10s, eventLoopDelayP99: 10s } }
`,
  );
}

/** What is in a stream: each alert decoded, by its id. */
async function streamOf(name: string): Promise<ReadonlyMap<bigint, DecodedAlert>> {
  const messages = await topicContents({ bootstrap: kafka.bootstrap }, `stream-${name}`);
  for (const message of messages) expect(headerOf(message, 'alertsim-places')).toBeUndefined();
  const decoded = messages.map(({ value }) => decode((value ?? Buffer.alloc(0)).subarray(frameHeadBytes)));
  return new Map(decoded.map((alert) => [alert.diaSourceId, alert]));
}

const reservoir = (): Promise<readonly StoredMessage[]> =>
  topicContents({ bootstrap: kafka.bootstrap }, 'reservoir');

it('sends the second pass with ids and times of its own, and fills a reservoir anew that knows no places', async () => {
  const plain = await play('plain', 'pace: recorded, speed: 2, passes: 2');
  expect(plain).toMatchObject({ code: 0, summary: { counts: { acked: 2 * alerts } } });
  const once = await streamOf('plain');
  // Without rewriting the ids come again, and nothing is noted in the reservoir.
  expect(once.size).toBe(alerts);
  for (const message of await reservoir()) expect(headerOf(message, 'alertsim-places')).toBeUndefined();

  const twice = await play('twice', 'pace: recorded, speed: 2, passes: 2, rewrite: true');
  expect(twice).toMatchObject({ code: 0, summary: { counts: { acked: 2 * alerts, failed: 0 } } });
  expect(twice.stderr).not.toContain('is whole already');
  for (const message of await reservoir())
    expect(headerOf(message, 'alertsim-places')).toMatch(/^\d+:id,\d+:id,\d+:time/);
  const stream = await streamOf('twice');
  expect(stream.size).toBe(2 * alerts);
  const days = [...once.values()].map(({ diaSource }) => diaSource.midpointMjdTai);
  const spanUs = Math.round((Math.max(...days) - Math.min(...days)) * 86_400e6);
  expect(spanUs).toBeCloseTo(2 * visitMs * 1000, -2);
  for (const [id, alert] of once) {
    expect(stream.get(id)).toEqual(alert);
    const again = stream.get(id + 2n ** 61n);
    expect(again?.diaSource.diaSourceId).toBe(id + 2n ** 61n);
    const laterUs = ((again?.diaSource.midpointMjdTai ?? NaN) - alert.diaSource.midpointMjdTai) * 86_400e6;
    // A double of days is exact to 0.6 µs.
    expect(Math.abs(laterUs - passLengthUs(spanUs))).toBeLessThan(4);
    expect({ ...again, diaSourceId: id, diaSource: alert.diaSource, ssSource: alert.ssSource }).toEqual(
      alert,
    );
  }

  // What is noted for rewriting stays out of the stream of those who do not rewrite, too.
  const rated = await play('rated', 'rate: 200/s, duration: 1s');
  expect(rated).toMatchObject({ code: 0, summary: { counts: { acked: 200 } } });
  expect(rated.stderr).toContain('the reservoir reservoir is whole already');
  expect((await streamOf('rated')).size).toBe(alerts);
});
