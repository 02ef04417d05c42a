import { AlertSimError } from '../../errors.js';
import type { Share } from '../../schedule/split.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which machine this is, and how it knows. */
export interface ShardIdentity {
  readonly share: Share;
  /** Where that comes from. */
  readonly toldBy: '--shard' | 'Slurm' | 'Kubernetes';
}

/** Number of pods of an Indexed Job: Kubernetes gives a pod its index, but not their number. */
export const completionsVariable = 'RUBIN_ALERT_SIM_SHARDS';

/** What all shards of one run have in common, where `--run-id` is not given. */
export const runIdVariable = 'RUBIN_ALERT_SIM_RUN_ID';

/**
 * Which machine of how many this is: from `--shard`, else from Slurm or a Kubernetes Indexed Job; undefined
 * for a plain run.
 *
 * Under Slurm the tasks of a step count, and the tasks of all members of an array together; a batch script
 * itself is not a task. A single task, or a single pod, is a plain run.
 *
 * @param option - the value of `--shard`
 * @throws `BAD_USAGE` where the variables contradict each other
 */
export function shardOf(option: Share | undefined, environment: Environment): ShardIdentity | undefined {
  if (option !== undefined) return { share: option, toldBy: '--shard' };
  const share = ofSlurm(environment) ?? ofKubernetes(environment);
  if (share === undefined || share.share.of === 1) return undefined;
  if (share.share.index >= share.share.of) {
    throw new AlertSimError(
      'BAD_USAGE',
      `${share.toldBy} says that this is shard ${share.share.index}, counted from 0, of only ${share.share.of}: ` +
        'the indexes must go from 0 without gaps; or say it with --shard i/n',
    );
  }
  return share;
}

/**
 * The key of a run's shards: the same in all of them; letters, digits, `.`, `_` and `-`, at most 100 of them.
 *
 * @param option - the value of `--run-id`
 * @param fallback - a name that follows from the scenario
 */
export function runKeyOf(option: string | undefined, environment: Environment, fallback: string): string {
  const slurmJob = textOf(environment, 'SLURM_ARRAY_JOB_ID') ?? textOf(environment, 'SLURM_JOB_ID');
  const slurm =
    slurmJob === undefined ? undefined : `slurm-${slurmJob}-${textOf(environment, 'SLURM_STEP_ID') ?? '0'}`;
  const key = option ?? textOf(environment, runIdVariable) ?? slurm ?? fallback;
  return key.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 100);
}

function ofSlurm(environment: Environment): ShardIdentity | undefined {
  // A batch script has SLURM_PROCID, too, but no step: it is not one of the tasks.
  const inStep = textOf(environment, 'SLURM_STEP_ID') !== undefined;
  const task = inStep ? numberOf(environment, 'SLURM_PROCID') : undefined;
  const tasks = numberOf(environment, 'SLURM_STEP_NUM_TASKS') ?? numberOf(environment, 'SLURM_NTASKS');
  const step: Share =
    task === undefined || tasks === undefined ? { index: 0, of: 1 } : { index: task, of: tasks };
  const member = numberOf(environment, 'SLURM_ARRAY_TASK_ID');
  const members = numberOf(environment, 'SLURM_ARRAY_TASK_COUNT');
  if (member === undefined || members === undefined) {
    return task === undefined ? undefined : { share: step, toldBy: 'Slurm' };
  }
  const first = numberOf(environment, 'SLURM_ARRAY_TASK_MIN') ?? 0;
  const stride = Math.max(1, numberOf(environment, 'SLURM_ARRAY_TASK_STEP') ?? 1);
  const place = (member - first) / stride;
  if (!Number.isInteger(place) || place < 0) {
    throw new AlertSimError(
      'BAD_USAGE',
      `the Slurm array's task ${member} is none of ${first}, ${first + stride}, …: use an array without gaps, or --shard i/n`,
    );
  }
  return { share: { index: place * step.of + step.index, of: members * step.of }, toldBy: 'Slurm' };
}

function ofKubernetes(environment: Environment): ShardIdentity | undefined {
  const index = numberOf(environment, 'JOB_COMPLETION_INDEX');
  if (index === undefined) return undefined;
  const of = numberOf(environment, completionsVariable);
  if (of === undefined || of < 1) {
    throw new AlertSimError(
      'BAD_USAGE',
      `JOB_COMPLETION_INDEX is set, but ${completionsVariable} does not say how many pods the Job has: ` +
        "set it to the Job's completions, or give --shard i/n",
    );
  }
  return { share: { index, of }, toldBy: 'Kubernetes' };
}

function textOf(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === undefined || text === '' ? undefined : text;
}

function numberOf(environment: Environment, name: string): number | undefined {
  const text = textOf(environment, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) {
    throw new AlertSimError('BAD_USAGE', `the variable ${name} must be a whole number, but is "${text}"`);
  }
  return Number(text);
}
