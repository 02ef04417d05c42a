import { composeDashboard, type ClassicDashboard } from '../compose.js';
import { achievedRate, committedRate, ofGroup, partitionLag, targetRate } from '../ownFigures.js';
import { dashed, figure, lines } from '../panels.js';
import {
  datasourceVariable,
  groupVariable,
  phaseVariable,
  runVariable,
  variantVariable,
} from '../variables.js';

/** Whether other people's consumers keep up. */
export function consumerGroups(): ClassicDashboard {
  return composeDashboard({
    uid: 'alertsim-groups',
    title: 'Consumer groups',
    description:
      'How consumer groups that are watched keep up, by what they commit: lag in messages and seconds, by partition, commits and members.',
    variables: [datasourceVariable(), variantVariable(), runVariable(), phaseVariable(), groupVariable()],
    from: 'now-15m',
    refresh: '5s',
    rows: [
      {
        title: 'Now',
        panels: [
          figure({
            title: 'Lag',
            description:
              'Messages in the topic that the group has not committed. It must not grow without end.',
            unit: 'short',
            queries: [{ query: ofGroup('lagMessages'), alias: '$tag_group' }],
            width: 6,
          }),
          figure({
            title: 'Age of the oldest',
            description:
              'Since the oldest message that the group has not committed was due. Rubin wants 98 % of its alerts out within 60 s.',
            unit: 's',
            queries: [{ query: ofGroup('lagSeconds'), alias: '$tag_group' }],
            width: 6,
            thresholds: ['green', [37, 'orange'], [60, 'red']],
          }),
          figure({
            title: 'Committed',
            description:
              'Messages a second that the group commits. It commits seldom: look at several seconds.',
            unit: 'suffix: alerts/s',
            queries: [{ query: committedRate, alias: '$tag_group' }],
            width: 6,
          }),
          figure({
            title: 'Members',
            description: 'Members of the group. Consumers that assign partitions themselves are no members.',
            unit: 'short',
            queries: [{ query: ofGroup('members'), alias: '$tag_group' }],
            width: 6,
          }),
        ],
      },
      {
        title: 'Does it keep up?',
        panels: [
          lines({
            title: 'Lag in messages',
            description:
              'Messages in the topic that each group has not committed. Between two commits it rises; a slope that does not end says that the group is too slow.',
            unit: 'short',
            queries: [{ query: ofGroup('lagMessages'), alias: '$tag_group $tag_run' }],
            width: 12,
          }),
          lines({
            title: 'Lag in seconds',
            description:
              'Age of the oldest message that is not committed, since it was due. A visit has to be done before the next one, 37 s later.',
            unit: 's',
            queries: [{ query: ofGroup('lagSeconds'), alias: '$tag_group $tag_run' }],
            width: 12,
            thresholds: ['transparent', [37, 'orange'], [60, 'red']],
          }),
          lines({
            title: 'Alert rate and commits',
            description:
              'What is due (dashed), what the broker acknowledged, and what each group commits. A group that keeps up follows the rate, a commit interval later.',
            unit: 'suffix: alerts/s',
            queries: [
              { query: targetRate, alias: 'target $tag_run' },
              { query: achievedRate, alias: 'achieved $tag_run' },
              { query: committedRate, alias: '$tag_group $tag_run' },
            ],
            width: 24,
            overrides: { '^target': dashed },
          }),
        ],
      },
      {
        title: 'Which partitions and members?',
        panels: [
          lines({
            title: 'Lag by partition',
            description:
              'One that leaves the others behind has a slow member. Of a topic with more than 50 partitions, neighbours are one line, which shows the worst of them.',
            unit: 'short',
            queries: [{ query: partitionLag, alias: '$tag_group $tag_partition' }],
            width: 16,
            height: 10,
          }),
          lines({
            title: 'Members',
            description:
              'Members of each group. Each change is a rebalance, during which the group reads little or nothing.',
            unit: 'short',
            queries: [{ query: ofGroup('members'), alias: '$tag_group $tag_run' }],
            width: 8,
            height: 10,
          }),
        ],
      },
    ],
  });
}
