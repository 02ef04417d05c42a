import { countingOf, type Counting } from '../compare/counting.js';
import type { Measurement } from '../compare/comparison.js';
import { valuesOf } from '../compare/metrics.js';
import type { RunFacts } from '../compare/sameness.js';
import type { Verdict } from '../measure/summary.js';
import { AlertSimError } from '../errors.js';
import { readRunFolder } from '../results/readRunFolder.js';
import type { VariantPlan } from '../scenario/plan.js';

/** A run that has ended, for a comparison. */
export interface FinishedRun extends Measurement, Counting {
  readonly folder: string;
  readonly scenario: string;
  readonly verdict: Verdict;
  /** The experiment that it is a part of; null for a run of its own. */
  readonly experiment: string | null;
  /** Its settings and machine. */
  readonly facts: RunFacts;
}

/**
 * Reads a run folder for a comparison.
 *
 * @param phase - undefined for all measured phases together
 * @throws `BAD_INPUT_FILE` when it is not a run folder, the run has no result, or it has no such phase
 */
export async function finishedRun(folder: string, phase: string | undefined): Promise<FinishedRun> {
  const { path, id, manifest, summary, intervals, remarks } = await readRunFolder(folder);
  if (summary === undefined || manifest === undefined) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${folder} cannot be compared: ${remarks.join('; ')}; leave it out`,
    );
  }
  if (phase !== undefined && !summary.phases.some(({ name }) => name === phase)) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${folder} has no phase "${phase}": its phases are ${summary.phases.map(({ name }) => name).join(', ')}`,
    );
  }
  const { experiment } = manifest;
  const variant = summary.run.variant ?? summary.run.scenario;
  return {
    folder: path,
    run: id,
    scenario: summary.run.scenario,
    variant,
    block: experiment === undefined || experiment.control ? null : experiment.block,
    position: experiment?.position ?? 0,
    control: experiment?.control ?? false,
    values: valuesOf(summary, intervals, phase),
    verdict: summary.verdict,
    ...countingOf(summary),
    experiment: experiment?.id ?? null,
    facts: {
      run: id,
      group: variant,
      manifest,
      changes: experiment === undefined ? [] : changesOf(experiment.variant),
    },
  };
}

/**
 * The paths of a scenario that a variant changes: `kafka.client.linger.ms`, `stream.config.compression.type`,
 * `broker.num.io.threads`.
 */
export function changesOf({ set, topic, broker, ...own }: VariantPlan): string[] {
  const { config = {}, partitions, replication } = topic;
  return [
    ...Object.keys(set),
    ...(partitions === undefined ? [] : ['stream.partitions']),
    ...(replication === undefined ? [] : ['stream.replication']),
    ...Object.keys(config).map((name) => `stream.config.${name}`),
    ...(['kafkaVersion', 'brokers', 'zookeeper', 'jvm'] as const)
      .filter((key) => own[key] !== undefined)
      .map((key) => `cluster.${key}`),
    ...Object.keys(broker).map((name) => `broker.${name}`),
  ];
}
