import { describe, expect, it } from 'vitest';
import { processFindings } from '../../src/consumers/consumerFindings.js';
import { consumerFindingText } from '../../src/report/consumerWords.js';
import { effectOf, type ConsumerFinding } from '../../src/results/findings.js';
import type { ConsumerProcess } from '../../src/results/runFolder.js';

const exit = {
  exitCode: 1,
  signal: null,
  lastLines: ['Traceback', 'KeyError: id'],
  log: 'consumers/mine-2.log',
};
const notReady = {
  kind: 'consumerNotReady',
  ...{ group: 'mine', members: 0, of: 2, seconds: 0.4, member: 2 },
  ...exit,
} as const;
const ended = {
  kind: 'consumerEnded',
  ...{ fails: true, group: 'mine', member: 2, times: 1, restarts: 0, committed: 5000 },
  ...{ at: '2026-11-28T10:00:01.250Z', uptimeSeconds: 12.34 },
  ...exit,
} as const;
const output = '; its last lines (all in consumers/mine-2.log): Traceback | KeyError: id';

describe('the sentence about a consumer that', () => {
  it.each<[string, ConsumerFinding, string]>([
    [
      'ended before it had joined',
      notReady,
      `the consumer mine/2 ended with exit code 1 before it had joined its group, so nothing was sent${output}`,
    ],
    [
      'was not found',
      { ...notReady, exitCode: 127 },
      `the command of the consumer mine/2 was not found${output}`,
    ],
    [
      'may not be executed',
      { ...notReady, exitCode: 126 },
      `the command of the consumer mine/2 cannot be executed${output}`,
    ],
    [
      'did not join in time',
      { ...notReady, member: null, seconds: 10, lastLines: [] },
      'the group mine had 0 of 2 members after 10.0s, so nothing was sent: give it longer with ready, or write ' +
        'ready: 0s for consumers that do not join their group, or whose members cannot be seen; it printed nothing',
    ],
    [
      'died',
      ended,
      'the consumer mine/2 ended with exit code 1 at 10:00:01.250 UTC, 12.3s after its start, when its group had ' +
        `committed 5,000 alerts of the run${output}`,
    ],
    [
      'was killed beneath its shell, again and again',
      { ...ended, exitCode: 137, times: 3, restarts: 2, committed: null, lastLines: [] },
      'the consumer mine/2 ended with exit code 137 (SIGKILL) at 10:00:01.250 UTC, 12.3s after its start; it ended 3 ' +
        'times in all, and was started again 2 times; it printed nothing',
    ],
    [
      'may leak',
      {
        kind: 'consumerMemoryGrew',
        ...{ group: 'mine', member: 1, fromBytes: 80e6, toBytes: 120e6, seconds: 40, bytesPerHour: null },
      },
      'the memory of the consumer mine/1 grew all the time, from 80.0 MB to 120 MB in 40.0s; a longer run shows whether ' +
        'it goes on',
    ],
    [
      'leaks',
      {
        kind: 'consumerMemoryGrew',
        ...{ group: 'mine', member: 1, fromBytes: 80e6, toBytes: 120e6, seconds: 400, bytesPerHour: 360e6 },
      },
      'the memory of the consumer mine/1 grew all the time, from 80.0 MB to 120 MB in 6m 40s: 360 MB an hour, if it ' +
        'goes on so',
    ],
    [
      'ignores SIGTERM',
      { kind: 'consumerKilled', group: 'mine', member: 1 },
      'the consumer mine/1 did not end when it was asked to (SIGTERM), and was killed',
    ],
  ])('%s', (_, finding, text) => {
    expect(consumerFindingText(finding)).toBe(text);
  });
});

describe('processFindings', () => {
  const member: ConsumerProcess['members'][number] = {
    ...{ member: 1, pid: 1, exits: [], exitCount: 0, restarts: 0, endedBy: 'SIGTERM', cpuSeconds: 1 },
    ...{ rssBytesMax: 1, rssBytesPerHour: null, memoryGrowth: null, log: 'consumers/mine-1.log' },
  };
  const exited = (exitCode: number | null, restarted: boolean): ConsumerProcess['members'][number] => ({
    ...member,
    ...{ endedBy: 'itself', exitCount: 1, restarts: restarted ? 1 : 0 },
    exits: [
      {
        ...{ at: '2026-11-28T10:00:01.250Z', exitCode, signal: exitCode === null ? 'SIGSEGV' : null },
        ...{ uptimeSeconds: 1, committed: 3, lastLines: [], restarted },
      },
    ],
  });

  it.each<[string, ConsumerProcess['members'][number], readonly [string, string][]]>([
    ['nothing of one that ended when it was asked to', member, []],
    ['that a death fails the run', exited(1, false), [['consumerEnded', 'fails']]],
    ['that a signal fails the run', exited(null, false), [['consumerEnded', 'fails']]],
    ['that an end in order fails nothing by itself', exited(0, false), [['consumerEnded', 'none']]],
    ['that a death is a note where it was started again', exited(1, true), [['consumerEnded', 'none']]],
    ['that it had to be killed', { ...member, endedBy: 'SIGKILL' }, [['consumerKilled', 'none']]],
    [
      'that it leaks',
      { ...member, memoryGrowth: { fromBytes: 1, toBytes: 2, seconds: 3, bytesPerHour: 4 } },
      [['consumerMemoryGrew', 'none']],
    ],
  ])('reports %s', (_, seen, expected) => {
    const findings = processFindings(
      'mine',
      { cpuCores: 1, readySeconds: 1, members: [seen] },
      { fellBehind: false },
    );
    expect(findings.map((finding) => [finding.kind, effectOf(finding)])).toEqual(expected);
  });

  it.each([
    ['not where a client may have read ahead', 60e6, 0],
    ['where it is more than a client reads ahead', 200e6, 1],
  ])('reports that memory grows in a group that fell behind %s', (_, toBytes, count) => {
    const growing = {
      ...member,
      memoryGrowth: { fromBytes: 30e6, toBytes, seconds: 40, bytesPerHour: null },
    };
    const process = { cpuCores: 1, readySeconds: 1, members: [growing] };
    expect(processFindings('mine', process, { fellBehind: true })).toHaveLength(count);
  });

  it('reports of a group that did not become ready only how other programs ended', () => {
    const members = [
      exited(127, false),
      { ...exited(127, false), member: 2 },
      { ...exited(1, false), member: 3 },
    ];
    const [first] = members[0]?.exits ?? [];
    if (first === undefined) throw new Error('no exit');
    const findings = processFindings(
      'mine',
      { cpuCores: 0, readySeconds: null, members },
      {
        notReady: {
          ...{ group: 'mine', members: 0, of: 3, seconds: 1, exit: { member: 1, exit: first } },
          ...{ lastLines: [], log: 'consumers/mine-1.log' },
        },
        fellBehind: false,
      },
    );
    expect(findings).toMatchObject([{ kind: 'consumerEnded', member: 3, exitCode: 1 }]);
  });
});
