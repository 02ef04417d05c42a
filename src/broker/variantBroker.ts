import type { Logger } from '../outputs/log.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { Plan, Settings } from '../scenario/plan.js';

/**
 * How the variants of a comparison come by their brokers. Chosen once, for all variants together, so that all of
 * them run under the same conditions.
 */
export type BrokerChoice =
  /** No variant asks anything of the broker: each runs on the scenario's own cluster, which is left alone. */
  | { readonly kind: 'as it is' }
  /** A local broker of the comparison's own, started anew with the settings of each variant. */
  | { readonly kind: 'dedicated' }
  /** The scenario's cluster is not ours: its dynamic settings are changed, and put back. */
  | { readonly kind: 'altered' };

/** What choosing and preparing brokers is given. */
export interface VariantBrokerOptions {
  /** The folder of everything that the comparison's own broker writes, and of the journal of changed settings. */
  readonly stateFolder: string;
  /** How long a request to the cluster may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the preparation and takes back what was begun. A `restore` is never ended by it. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is done. */
  readonly log?: Logger | undefined;
  /** Shows how far a download is. */
  readonly progress?: ProgressFactory | undefined;
}

/** The broker that one variant runs on. */
export interface VariantBroker {
  /** How it was come by. */
  readonly kind: BrokerChoice['kind'];
  /** Where clients connect; it takes the place of `plan.kafka.bootstrap`. */
  readonly bootstrap: string;
  /** The ports of JMX on 127.0.0.1, one a broker; none where they are not known. */
  readonly jmxPorts: readonly number[];
  /** The brokers' processes on this machine, for their CPU time; none where they are not known. */
  readonly pids: readonly number[];
  /** The Kafka version; undefined where it is not known. */
  readonly kafkaVersion: string | undefined;
  /** The settings that the variant names, as each broker read them back once they held, by the broker's id. */
  readonly settings: Readonly<Record<string, Settings>>;
  /**
   * Puts everything back: stops the comparison's own broker and deletes what it wrote, or gives a changed cluster
   * its settings again. Safe to call twice.
   *
   * @returns what could not be put back, a sentence each; empty when everything is as it was
   */
  readonly restore: () => Promise<readonly string[]>;
}

/**
 * Chooses how the variants of a comparison come by their brokers, before anything is started or changed.
 *
 * @param plans - the plans of all variants
 * @param options - where its files go
 * @returns the choice, to be given to {@link PrepareBroker}
 * @throws `BAD_SCENARIO` when a variant asks of a cluster that is not ours what only a local broker can have, with
 * the variant, the setting and the way out
 */
export type ChooseBroker = (plans: readonly Plan[], options: VariantBrokerOptions) => Promise<BrokerChoice>;

/**
 * Makes the broker of one variant real: when this resolves it serves clients with the variant's settings. End it
 * with `restore` before the next one is prepared, also after a failure.
 *
 * @param plan - the plan of the variant
 * @param choice - what was chosen for all variants
 * @param options - where its files go
 * @returns the broker
 * @throws `BAD_SCENARIO` for a setting that the broker refuses, `BROKER_UNREACHABLE`, `BROKER_REFUSED`,
 * `SERVICE_UNAVAILABLE`, `INTERRUPTED`; then everything has been put back
 */
export type PrepareBroker = (
  plan: Plan,
  choice: BrokerChoice,
  options: VariantBrokerOptions,
) => Promise<VariantBroker>;
