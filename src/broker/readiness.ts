import { messageOf } from '../errors.js';
import { pause } from './interruption.js';
import { acceptsConnections, probeBroker, servesClients } from './probe.js';

/** How a wait for a broker ended. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'late'; readonly reason: string };

/** What is waited for. */
export interface ReadinessQuestion {
  /** A port that answers without security. */
  readonly plainPort: number;
  /** All ports that clients connect to. */
  readonly ports: readonly number[];
  /** Number of brokers in the cluster, each registered with the controller; 1 by default. */
  readonly brokers?: number | undefined;
  /** Whether the broker's process lives. */
  readonly isAlive: () => Promise<boolean>;
  readonly deadlineMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** The outer world of a wait; tests replace it. */
export interface ReadinessTools {
  /** Throws with the reason while the broker does not serve clients. */
  readonly check: (plainPort: number, ports: readonly number[], brokers?: number) => Promise<void>;
  readonly nowMs: () => number;
  readonly pause: (delayMs: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Waits until a broker serves clients: it answers requests, is registered with its controller, and accepts
 * connections on all its ports. For a broker that is late, the result says what was wrong at last.
 */
export async function waitUntilReady(
  question: ReadinessQuestion,
  tools: ReadinessTools = { check: checkService, nowMs: () => performance.now(), pause },
): Promise<Readiness> {
  const { plainPort, ports, brokers, isAlive, deadlineMs, signal } = question;
  const endMs = tools.nowMs() + deadlineMs;
  for (;;) {
    if (signal?.aborted === true) return { kind: 'interrupted' };
    // Asked before the check, so that an answer from a stranger on our port is not taken for the dead
    // broker's.
    if (!(await isAlive())) return { kind: 'ended' };
    try {
      await tools.check(plainPort, ports, brokers);
      return { kind: 'ready' };
    } catch (thrown) {
      if (tools.nowMs() >= endMs) return { kind: 'late', reason: messageOf(thrown) };
    }
    await tools.pause(pollMs, signal);
  }
}

/**
 * Checks once whether a broker serves clients.
 *
 * @param plainPort - a port that answers without security
 * @param brokers - how many brokers it must know
 * @throws an error with the reason when it does not
 */
export async function checkService(plainPort: number, ports: readonly number[], brokers = 1): Promise<void> {
  const answer = await probeBroker(plainPort);
  if (!servesClients(answer)) throw new Error('the broker is not registered with its controller yet');
  const known = answer.brokerIds.length;
  if (known < brokers)
    throw new Error(`only ${known} of ${brokers} brokers are registered with the controller`);
  await Promise.all(ports.filter((port) => port !== plainPort).map((port) => acceptsConnections(port)));
}

const pollMs = 50;
