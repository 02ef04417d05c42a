import { HttpError } from '@influxdata/influxdb-client';
import { messageOf } from '../../errors.js';
import type { InfluxPlan } from '../../scenario/plan.js';

/** Result of writing lines to a database. */
export type WriteOutcome =
  | { readonly kind: 'delivered' }
  /** The server will never take some of them, however often they are sent; the others are there. */
  | { readonly kind: 'partly'; readonly rejected: number; readonly fault: string }
  /** None arrived for certain; a while later they may. */
  | { readonly kind: 'unavailable'; readonly fault: string }
  /** None arrived, and none will until the problem is fixed. */
  | { readonly kind: 'refused'; readonly fault: string };

/** What is known about a server when something fails. */
export interface FaultContext {
  readonly target: InfluxPlan;
  /** As reported by the server; undefined until then. */
  readonly version: string | undefined;
  /** Number of lines to be written. */
  readonly lines: number;
  /** How long it had to answer. */
  readonly timeoutMs: number;
  /** Why a missing bucket could not be created; undefined where that was not tried. */
  readonly notMade?: string | undefined;
}

/** Codes of a client that has given up waiting. */
const timeouts = ['AbortError', 'TimeoutError', 'RequestTimedOutError'];

/**
 * What a failed request means for the points: whether a retry helps, and a sentence with what happened,
 * where, and how to fix it.
 */
export function outcomeOf(
  thrown: unknown,
  context: FaultContext,
): Exclude<WriteOutcome, { kind: 'delivered' }> {
  if (!(thrown instanceof HttpError)) return { kind: 'unavailable', fault: connectionFault(thrown, context) };
  const { statusCode } = thrown;
  const { target, lines } = context;
  const says = reasonOf(thrown);
  const where = placeOf(context);
  if (statusCode === 401 || statusCode === 403) {
    return { kind: 'refused', fault: rightsFault(context, says) };
  }
  if (context.version === undefined && statusCode < 500) {
    return { kind: 'refused', fault: notInflux(target, `${statusCode} ${says}`) };
  }
  if (statusCode === 404) return { kind: 'refused', fault: missingFault(context, says) };
  if (statusCode === 400 || statusCode === 413 || statusCode === 422) {
    // Both generations of InfluxDB write what they can of a batch, and report how many points they dropped.
    const rejected = Math.min(lines, Number(/\bdropped=(\d+)/.exec(says)?.[1] ?? lines));
    return {
      kind: 'partly',
      rejected,
      fault: `${where} did not take ${rejected} of ${lines} points: ${says}; fix that in ${target.bucket}, or name another bucket`,
    };
  }
  if (statusCode >= 500 || statusCode === 408 || statusCode === 429) {
    const wayOut = /no space left/i.test(says) ? 'free some disk there' : 'see its own log';
    return { kind: 'unavailable', fault: `${where} answers ${statusCode}: ${says}; ${wayOut}` };
  }
  return { kind: 'refused', fault: notInflux(target, `${statusCode} ${says}`) };
}

/**
 * The sentence for a server that answers, but not as InfluxDB does.
 *
 * @param says - what came instead
 */
export function notInflux(target: InfluxPlan, says: string): string {
  return `${withoutUser(target.url)} is not the address of an InfluxDB (it answers ${says}); fix outputs.influx.url`;
}

/** The sentence for a version 2 without an organisation, where it cannot be found out. */
export function organisationFault(context: FaultContext): string {
  return `${placeOf(context)} needs the name of an organisation, and its token does not name just one; set outputs.influx.org or INFLUX_ORG`;
}

/** Why a request failed, in the server's words, or the client's. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof HttpError)) return messageOf(thrown);
  const told = thrown.json as { readonly message?: unknown; readonly error?: unknown } | undefined;
  for (const text of [told?.message, told?.error]) if (typeof text === 'string' && text !== '') return text;
  return thrown.statusMessage ?? String(thrown.statusCode);
}

function connectionFault(thrown: unknown, context: FaultContext): string {
  const { name, code } = thrown as { readonly name?: string; readonly code?: string };
  const where = placeOf(context);
  if (timeouts.includes(name ?? '') || code === 'ETIMEDOUT') {
    return `${where} did not answer within ${Math.ceil(context.timeoutMs / 100) / 10} s; see whether it is overloaded, or stopped`;
  }
  if (code !== undefined && /CERT|SIGN|ALTNAME/.test(code)) {
    return `${where} has a certificate that is not trusted (${code}); name its authority in NODE_EXTRA_CA_CERTS`;
  }
  // Where a name has two addresses, Node's error has a code and no message.
  const why = messageOf(thrown) || (code ?? 'no connection');
  return `${where} cannot be reached (${why}); start it, or fix outputs.influx.url`;
}

function rightsFault(context: FaultContext, says: string): string {
  const { target, version } = context;
  const where = placeOf(context);
  const what = `the bucket ${target.bucket}`;
  if (target.user !== undefined) {
    return `${where} refused the user ${target.user} (${says}); set outputs.influx.user and password to those of one who may write to ${what}`;
  }
  if (version?.startsWith('1.') === true) {
    const instead = target.token === undefined ? '' : ', not a token';
    return `${where} refused the points (${says}); it takes a user and a password${instead}: set outputs.influx.user and password`;
  }
  return target.token === undefined
    ? `${where} refused the points (${says}); set outputs.influx.token or INFLUX_TOKEN`
    : `${where} refused the token (${says}); set outputs.influx.token or INFLUX_TOKEN to one that may write to ${what}`;
}

function missingFault(context: FaultContext, says: string): string {
  const { target, notMade } = context;
  const where = placeOf(context);
  if (/organization/i.test(says)) return `${where} says: ${says}; fix outputs.influx.org`;
  const but = notMade === undefined ? '' : `, and making it was rejected (${notMade})`;
  return `${where} does not know the bucket ${target.bucket}${but}; make it there, or fix outputs.influx.bucket`;
}

function placeOf({ target, version }: FaultContext): string {
  return `InfluxDB ${version === undefined ? '' : `${version} `}at ${withoutUser(target.url)}`;
}

function withoutUser(url: string): string {
  return url.replace(/(:\/\/)[^/@\s]+@/, '$1');
}
