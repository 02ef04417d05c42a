import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { runKeyOf, shardOf } from '../../../src/coordinator/shards/identity.js';

describe('which shard this is', () => {
  it.each([
    ['nothing says so: a plain run', {}, undefined],
    ['a task of a Slurm step', { SLURM_STEP_ID: '0', SLURM_PROCID: '2', SLURM_NTASKS: '4' }, '2/4 Slurm'],
    [
      "the step's own number of tasks wins over the job's",
      { SLURM_STEP_ID: '1', SLURM_PROCID: '1', SLURM_NTASKS: '8', SLURM_STEP_NUM_TASKS: '2' },
      '1/2 Slurm',
    ],
    ['the batch script itself is no task', { SLURM_PROCID: '0', SLURM_NTASKS: '4' }, undefined],
    ['a single task is a plain run', { SLURM_STEP_ID: '0', SLURM_PROCID: '0', SLURM_NTASKS: '1' }, undefined],
    [
      'an array that begins at 1',
      { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '3', SLURM_ARRAY_TASK_MIN: '1' },
      '2/3 Slurm',
    ],
    [
      'an array with a stride',
      {
        SLURM_ARRAY_TASK_ID: '20',
        SLURM_ARRAY_TASK_COUNT: '3',
        SLURM_ARRAY_TASK_MIN: '10',
        SLURM_ARRAY_TASK_STEP: '5',
      },
      '2/3 Slurm',
    ],
    [
      'tasks within an array',
      {
        SLURM_ARRAY_TASK_ID: '1',
        SLURM_ARRAY_TASK_COUNT: '2',
        SLURM_ARRAY_TASK_MIN: '0',
        SLURM_STEP_ID: '0',
        SLURM_PROCID: '3',
        SLURM_NTASKS: '4',
      },
      '7/8 Slurm',
    ],
    [
      "a pod of Kubernetes' Indexed Job",
      { JOB_COMPLETION_INDEX: '5', RUBIN_ALERT_SIM_SHARDS: '12' },
      '5/12 Kubernetes',
    ],
    ['an empty variable counts as none', { JOB_COMPLETION_INDEX: '', SLURM_STEP_ID: ' ' }, undefined],
  ])('%s', (_row, environment: Record<string, string>, expected) => {
    const found = shardOf(undefined, environment);
    expect(found && `${found.share.index}/${found.share.of} ${found.toldBy}`).toBe(expected);
  });

  it.each([
    [
      'a pod that does not know how many there are',
      { JOB_COMPLETION_INDEX: '1' },
      /RUBIN_ALERT_SIM_SHARDS does not say/,
    ],
    [
      'an index beyond their number',
      { JOB_COMPLETION_INDEX: '4', RUBIN_ALERT_SIM_SHARDS: '4' },
      /shard 4, counted from 0, of only 4/,
    ],
    [
      'no number',
      { JOB_COMPLETION_INDEX: 'x', RUBIN_ALERT_SIM_SHARDS: '4' },
      /JOB_COMPLETION_INDEX must be a whole number, but is "x"/,
    ],
    [
      'an array with gaps',
      { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_COUNT: '3', SLURM_ARRAY_TASK_MIN: '1' },
      /without gaps/,
    ],
    [
      'an array member off its stride',
      {
        SLURM_ARRAY_TASK_ID: '4',
        SLURM_ARRAY_TASK_COUNT: '3',
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_STEP: '2',
      },
      /none of 1, 3/,
    ],
  ])('is refused with the way out: %s', (_row, environment: Record<string, string>, message) => {
    expect(() => shardOf(undefined, environment)).toThrow(message);
  });

  it('is what --shard says, whatever else is there; 0/1 too is coordinated then', () => {
    const environment = { JOB_COMPLETION_INDEX: '1', RUBIN_ALERT_SIM_SHARDS: '2' };
    expect(shardOf({ index: 0, of: 1 }, environment)).toEqual({
      share: { index: 0, of: 1 },
      toldBy: '--shard',
    });
  });

  test('the tasks of all members of an array have each index once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 1, max: 7 }),
        (members, tasks, first, stride) => {
          fc.pre(members * tasks > 1);
          const indexes = Array.from({ length: members * tasks }, (_, at) =>
            shardOf(undefined, {
              SLURM_ARRAY_TASK_ID: String(first + Math.floor(at / tasks) * stride),
              SLURM_ARRAY_TASK_COUNT: String(members),
              SLURM_ARRAY_TASK_MIN: String(first),
              SLURM_ARRAY_TASK_STEP: String(stride),
              SLURM_STEP_ID: '0',
              SLURM_PROCID: String(at % tasks),
              SLURM_NTASKS: String(tasks),
            }),
          ).map((found) => found?.share.index);
          expect(indexes.sort((a = 0, b = 0) => a - b)).toEqual(
            Array.from({ length: members * tasks }, (_, at) => at),
          );
        },
      ),
    );
  });
});

describe("a run's key", () => {
  it.each([
    ['the option', 'mine', { SLURM_JOB_ID: '7', RUBIN_ALERT_SIM_RUN_ID: 'theirs' }, 'mine'],
    ['the variable', undefined, { SLURM_JOB_ID: '7', RUBIN_ALERT_SIM_RUN_ID: 'job-1234' }, 'job-1234'],
    ["Slurm's job and step", undefined, { SLURM_JOB_ID: '7', SLURM_STEP_ID: '2' }, 'slurm-7-2'],
    [
      'the array, not its member',
      undefined,
      { SLURM_JOB_ID: '8', SLURM_ARRAY_JOB_ID: '7', SLURM_STEP_ID: '0' },
      'slurm-7-0',
    ],
    ['the scenario, where nothing else says it', undefined, {}, 'fallback'],
    ['made fit for a topic', 'a run/of: mine', {}, 'a-run-of--mine'],
  ])('comes from %s', (_row, option, environment: Record<string, string>, expected) => {
    expect(runKeyOf(option, environment, 'fallback')).toBe(expected);
  });
});
