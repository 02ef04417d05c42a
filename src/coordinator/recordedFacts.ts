import { createHash } from 'node:crypto';
import { surveyRecording, type RecordingSurvey } from '../alerts/recording.js';
import { AlertSimError } from '../errors.js';
import { withoutProducerSettings } from '../kafka/settings.js';
import { openTopicAdmin } from '../kafka/topics.js';
import { readInstant } from '../scenario/instants.js';
import type { KafkaPlan, TopicAlerts } from '../scenario/plan.js';
import type { PreloadSource } from '../workers/protocol.js';
import { topicMessages } from '../workers/topicMessages.js';
import { interruptedLook, type AlertFacts, type Watch } from './sourceFacts.js';
import { rangeText, topicPart } from './topicRange.js';

/**
 * Looks at a recording: reads it once.
 *
 * @throws `BAD_INPUT_FILE`; `INTERRUPTED`
 */
export async function recordingSource(
  path: string,
  watch?: Watch,
): Promise<{ readonly source: PreloadSource; readonly survey: RecordingSurvey }> {
  const display = watch?.progress({ title: 'looking at the messages', unit: 'messages', total: undefined });
  const survey = await surveyRecording(path, watch?.signal, display?.update).finally(() => display?.stop());
  if (survey === undefined) throw interruptedLook();
  const { messages: alerts, firstMs, partitions } = survey;
  return { source: { kind: 'recording', path, firstMs, alerts, partitions: partitions.length }, survey };
}

/**
 * Facts about a recording.
 *
 * @throws as {@link recordingSource}
 */
export async function recordingFacts(path: string, watch?: Watch): Promise<AlertFacts> {
  const { source, survey } = await recordingSource(path, watch);
  const { messages, bytes, firstMs, lastMs, fileBytes, topic, partitions } = survey;
  return {
    source,
    meanBytes: bytes / messages,
    spanUs: (lastMs - firstMs) * 1000,
    fingerprint: digest([topic, fileBytes, messages, bytes, firstMs, lastMs, partitions]),
  };
}

const timeoutMs = 30_000;

/**
 * Facts about a topic: reads the part of it that is to be sent once.
 *
 * @throws `BAD_INPUT_FILE` for a topic that is missing or empty; `BROKER_UNREACHABLE`, `BROKER_REFUSED`;
 * `INTERRUPTED`
 */
export async function topicFacts(alerts: TopicAlerts, kafka: KafkaPlan, watch?: Watch): Promise<AlertFacts> {
  const { topic } = alerts;
  const { bootstrap, client } =
    alerts.bootstrap === undefined ? kafka : { bootstrap: alerts.bootstrap, client: alerts.client };
  const connection = { bootstrap, properties: withoutProducerSettings(client) };
  const nowMs = Date.now();
  const range = { fromMs: instantOf(alerts.from, nowMs), toMs: instantOf(alerts.to, nowMs) };
  const admin = await openTopicAdmin(connection, timeoutMs);
  const all = await admin.watermarks(topic).finally(() => admin.close());
  if (all.length === 0) throw unusable(topic, 'does not exist');
  const { watermarks } = await topicPart(connection, topic, all, range, timeoutMs);
  const part = { connection, topic, watermarks, range };
  const counts = watermarks.map(() => 0);
  let bytes = 0;
  let messages = 0;
  let firstMs = Infinity;
  let lastMs = -Infinity;
  const display = watch?.progress({ title: 'looking at the topic', unit: 'messages', total: undefined });
  try {
    for await (const message of topicMessages(part, () => true, timeoutMs)) {
      if (watch?.signal.aborted === true) throw interruptedLook();
      const { partition, timestampMs, value } = message;
      counts[partition] = (counts[partition] ?? 0) + 1;
      messages += 1;
      bytes += value?.length ?? 0;
      firstMs = Math.min(firstMs, timestampMs);
      lastMs = Math.max(lastMs, timestampMs);
      display?.update(messages, bytes);
    }
  } finally {
    display?.stop();
  }
  if (messages === 0) throw unusable(topic, `has no messages${rangeText(range)}`);
  return {
    source: { kind: 'topic', ...part, counts, firstMs, alerts: messages },
    meanBytes: bytes / messages,
    spanUs: (lastMs - firstMs) * 1000,
    fingerprint: digest([bootstrap, topic, watermarks, messages, bytes, firstMs, lastMs]),
  };
}

/** How many partitions messages have that keep theirs; undefined for alerts that come from elsewhere. */
export function ownPartitions({ source }: Pick<AlertFacts, 'source'>): number | undefined {
  if (source.kind === 'recording') return source.partitions;
  return source.kind === 'topic' ? source.watermarks.length : undefined;
}

function instantOf(text: string | undefined, nowMs: number): number | undefined {
  const read = text === undefined ? undefined : readInstant(text, nowMs);
  return read?.ok === true ? read.ms : undefined;
}

function unusable(topic: string, what: string): AlertSimError {
  return new AlertSimError('BAD_INPUT_FILE', `the topic ${topic} of alerts.topic ${what}: name another one`);
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
