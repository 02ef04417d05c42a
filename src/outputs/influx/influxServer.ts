import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { escape, InfluxDB } from '@influxdata/influxdb-client';
import type { InfluxPlan } from '../../scenario/plan.js';
import {
  notInflux,
  organisationFault,
  outcomeOf,
  reasonOf,
  type FaultContext,
  type WriteOutcome,
} from './influxFaults.js';

/** Takes points in InfluxDB's line protocol, with times in milliseconds. */
export interface PointSink {
  /**
   * Writes lines, and waits until the server has answered for all of them. It never rejects: whatever fails
   * is an outcome, with a sentence that says what happened, where, and how to fix it.
   */
  readonly write: (lines: readonly string[], timeoutMs: number) => Promise<WriteOutcome>;
  /** Closes the connections. */
  readonly close: () => void;
}

/** Larger bodies are compressed: the lines of a histogram differ in a few digits. */
const gzipThreshold = 1000;

/**
 * An InfluxDB server, 1.x or 2.x: the server reports which. Nothing is asked of it before the first write.
 *
 * The client's `WriteApi` keeps batches of its own, whose failures are not reported, and it cannot take back
 * a request that hangs. So lines go straight through the client's transport: one request per batch, awaited,
 * counted, and ended at its time limit.
 */
export function connectInflux(target: InfluxPlan): PointSink {
  return new InfluxServer(target);
}

class InfluxServer implements PointSink {
  readonly #target: InfluxPlan;
  readonly #agent: HttpAgent;
  readonly #transport: InfluxDB['transport'];
  #version: string | undefined;
  #writePath: string | undefined;

  constructor(target: InfluxPlan) {
    this.#target = target;
    const { url, token, user, password = '' } = target;
    this.#agent = url.startsWith('https:')
      ? new HttpsAgent({ keepAlive: true })
      : new HttpAgent({ keepAlive: true });
    const basic = Buffer.from(`${user ?? ''}:${password}`).toString('base64');
    this.#transport = new InfluxDB({
      url,
      ...(token === undefined ? {} : { token }),
      ...(user === undefined ? {} : { headers: { authorization: `Basic ${basic}` } }),
      transportOptions: { agent: this.#agent },
    }).transport;
  }

  async write(lines: readonly string[], timeoutMs: number): Promise<WriteOutcome> {
    const outcome = await this.#writeTogether(lines, timeoutMs);
    const groups = byMeasurement(lines);
    if (outcome.kind !== 'partly' || groups.length === 1) return outcome;
    // From a batch in which it drops a point, InfluxDB 1.6 loses points of other measurements, too, and does
    // not count them (seen with max-values-per-tag). So each measurement is sent alone: what is there already
    // is only written again.
    let rejected = 0;
    for (const group of groups) {
      const own = await this.#writeTogether(group, timeoutMs);
      if (own.kind === 'unavailable' || own.kind === 'refused') return own;
      if (own.kind === 'partly') rejected += own.rejected;
    }
    return rejected === 0 ? { kind: 'delivered' } : { ...outcome, rejected };
  }

  async #writeTogether(lines: readonly string[], timeoutMs: number): Promise<WriteOutcome> {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    const context = (): FaultContext => ({
      target: this.#target,
      version: this.#version,
      lines: lines.length,
      timeoutMs,
    });
    try {
      const found = await this.#findOut(signal, context);
      if (found !== undefined) return found;
      await this.#post(lines, signal);
      return { kind: 'delivered' };
    } catch (thrown) {
      if (!isMissingBucket(thrown)) return outcomeOf(thrown, context());
      const notMade = await this.#makeBucket(signal).then(() => undefined, reasonOf);
      try {
        if (notMade === undefined) {
          await this.#post(lines, signal);
          return { kind: 'delivered' };
        }
      } catch (again) {
        return outcomeOf(again, context());
      }
      return outcomeOf(thrown, { ...context(), notMade });
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Its version decides where points go; the outcome where there is no way to write them. */
  async #findOut(signal: AbortSignal, context: () => FaultContext): Promise<WriteOutcome | undefined> {
    if (this.#writePath !== undefined) return undefined;
    let version: unknown;
    await this.#transport.request('/ping', '', { method: 'GET', signal }, (headers) => {
      version = headers['x-influxdb-version'];
    });
    if (typeof version !== 'string') {
      return { kind: 'refused', fault: notInflux(this.#target, 'without a version') };
    }
    this.#version = version.replace(/^v/, '');
    const { bucket, user } = this.#target;
    if (this.#version.startsWith('1.') || user !== undefined) {
      // Before 1.8 the API of version 2 is missing; version 2 knows this one, and takes users on it alone.
      this.#writePath = `/write?db=${encodeURIComponent(bucket)}&precision=ms`;
      return undefined;
    }
    const org = this.#target.org ?? (await this.#onlyOrganisation(signal));
    if (org === undefined) return { kind: 'refused', fault: organisationFault(context()) };
    this.#writePath = `/api/v2/write?org=${encodeURIComponent(org)}&bucket=${encodeURIComponent(bucket)}&precision=ms`;
    return undefined;
  }

  async #post(lines: readonly string[], signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    await this.#transport.request(this.#writePath ?? '', lines.join('\n'), {
      method: 'POST',
      headers,
      gzipThreshold,
      signal,
    });
  }

  /** Creates the database of version 1, or the bucket of version 2; rejects where that is not allowed. */
  async #makeBucket(signal: AbortSignal): Promise<void> {
    const { bucket: name, org, user } = this.#target;
    if (this.#version?.startsWith('1.') === true) {
      const query = encodeURIComponent(`CREATE DATABASE ${escape.quoted(name)}`);
      await this.#transport.request(`/query?q=${query}`, '', { method: 'POST', signal });
      return;
    }
    if (user !== undefined) throw new Error('a user of version 1 may not');
    const path = org === undefined ? '/api/v2/orgs' : `/api/v2/orgs?org=${encodeURIComponent(org)}`;
    const [found] = await this.#organisations(path, signal);
    if (found === undefined) throw new Error(`the token may not see the organisation ${org ?? ''}`);
    await this.#transport.request('/api/v2/buckets', { orgID: found.id, name }, { method: 'POST', signal });
  }

  async #onlyOrganisation(signal: AbortSignal): Promise<string | undefined> {
    const [first, second] = await this.#organisations('/api/v2/orgs', signal);
    return second === undefined ? first?.name : undefined;
  }

  async #organisations(path: string, signal: AbortSignal): Promise<{ id: string; name: string }[]> {
    const answer = (await this.#transport.request(path, '', { method: 'GET', signal })) as
      { readonly orgs?: { id: string; name: string }[] } | undefined;
    return answer?.orgs ?? [];
  }
}

function byMeasurement(lines: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const [measurement = ''] = line.split(',', 1);
    const group = groups.get(measurement) ?? [];
    groups.set(measurement, group);
    group.push(line);
  }
  return [...groups.values()];
}

function isMissingBucket(thrown: unknown): boolean {
  const { statusCode } = thrown as { readonly statusCode?: number };
  return statusCode === 404 && /\b(bucket|database)\b.*not found|database not found/i.test(reasonOf(thrown));
}
