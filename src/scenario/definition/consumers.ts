import { z } from 'zod';
import { checkedText, nameField, quantityField, ruled, wholeField } from '../fields.js';
import type { ConsumerGroupPlan, ConsumersPlan, SlowMembers } from '../plan.js';
import { durationQuantity, rateQuantity } from '../quantities.js';
import { isMap } from '../source.js';
import { reportTwins } from './twins.js';

const mostMembers = 256;
/** Default prefix of group ids. */
const defaultPrefix = 'rubin-alert-sim';

const slow = ruled(
  z.strictObject({
    members: wholeField(1, mostMembers)
      .optional()
      .meta({ description: 'How many members are slow. Default: all.' }),
    maxRate: quantityField(rateQuantity, { above: '0/s', most: '100000000/s' })
      .optional()
      .meta({ description: 'Messages in a time of each slow member, at most.' }),
    pause: quantityField(durationQuantity, { above: '0s', most: '1h' })
      .optional()
      .meta({ description: 'Pause of a slow member after each message.' }),
  }),
  ({ maxRate, pause }, report) => {
    if (maxRate === undefined && pause === undefined) report([], 'needs maxRate or pause');
    if (maxRate !== undefined && pause !== undefined) {
      report(['pause'], 'stands beside maxRate, but one of them is enough', 'remove one of them', 'key');
    }
  },
);

const group = ruled(
  z.strictObject({
    name: nameField('slow').meta({ description: 'The name of the group, unique in the scenario.' }),
    members: wholeField(1, mostMembers).prefault(1).meta({ description: 'How many members it has.' }),
    slow: slow.optional().meta({ description: 'Makes members slow: {maxRate} or {pause}.' }),
    startAfter: quantityField(durationQuantity, { least: '0s', most: '30d' })
      .prefault('0s')
      .meta({ description: 'How long after the start of the first phase it joins.' }),
  }),
  ({ members, slow }, report) => {
    const slowMembers = isMap(slow) ? slow.members : undefined;
    if (typeof members === 'number' && typeof slowMembers === 'number' && slowMembers > members) {
      report(['slow', 'members'], `must be at most the group's members: ${members}, but is ${slowMembers}`);
    }
  },
);

const shape = z.strictObject({
  groups: z
    .union([wholeField(0, 64), z.array(group)])
    .prefault(1)
    .meta({ description: 'How many equal groups read, or a list of groups.' }),
  members: wholeField(1, mostMembers)
    .optional()
    .meta({ description: 'Members of each of the equal groups.' }),
  groupPrefix: checkedText(defaultPrefix, (prefix) =>
    /^[^\s]+$/.test(prefix) ? undefined : 'must be a word without spaces',
  )
    .prefault(defaultPrefix)
    .meta({ description: "What group ids start with; Rubin's cluster wants the user's name." }),
});

/** Consumers while alerts are sent; none by default. */
export const consumersSection = ruled(shape, ({ groups, members }, report) => {
  if (Array.isArray(groups)) {
    if (members !== undefined) {
      report(
        ['members'],
        'goes with a number of groups, but groups is a list',
        'write it in each group',
        'key',
      );
    }
    reportTwins(groups, ['groups'], 'group', report);
  }
})
  .transform(({ groups, members = 1, groupPrefix }): ConsumersPlan => {
    const list =
      typeof groups === 'number'
        ? Array.from({ length: groups }, (_, index) => groupOf(`group-${index + 1}`, members, undefined, 0))
        : groups.map((entry) => groupOf(entry.name, entry.members, slowOf(entry), entry.startAfter));
    return { groupPrefix, groups: list };
  })
  .prefault({ groups: 0 })
  .meta({ description: 'Who reads while alerts are sent; no one where it is left out.' });

function groupOf(
  name: string,
  members: number,
  slow: SlowMembers | undefined,
  startAfterNs: number,
): ConsumerGroupPlan {
  return { name, members, slow, startAfterNs };
}

function slowOf({ members, slow }: z.output<typeof group>): SlowMembers | undefined {
  if (slow === undefined) return undefined;
  const slowMembers = slow.members ?? members;
  return slow.maxRate === undefined
    ? { kind: 'pause', members: slowMembers, pauseNs: slow.pause ?? 0 }
    : { kind: 'maxRate', members: slowMembers, perSecond: slow.maxRate };
}
