import { z } from 'zod';
import {
  checkedText,
  nameField,
  quantityField,
  type Report,
  ruled,
  settingField,
  wholeField,
} from '../fields.js';
import type { ConsumerGroupPlan, ConsumersPlan, Settings, SlowMembers } from '../plan.js';
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

/** The keys that say who reads, and the keys that go with each; no such key: readers of ours. */
const companions = {
  own: ['members', 'slow', 'startAfter'],
  external: [],
  command: ['members', 'group', 'env', 'ready', 'restart'],
} as const;
type Kind = keyof typeof companions;

const groupShape = z.strictObject({
  name: nameField('slow').meta({ description: 'The name of the group, unique in the scenario.' }),
  external: groupIdField().optional().meta({
    description: "The id of somebody else's consumer group: it is watched, and nothing is started.",
  }),
  command: checkedText('python3 consumer.py', (text) => (text.trim() === '' ? 'is empty' : undefined))
    .optional()
    .meta({ description: 'A consumer that the run starts and ends: its command line.' }),
  members: wholeField(1, mostMembers)
    .optional()
    .meta({ description: 'How many members or processes it has. Default 1.' }),
  slow: slow.optional().meta({ description: 'Makes members slow: {maxRate} or {pause}.' }),
  startAfter: quantityField(durationQuantity, { least: '0s', most: '30d' })
    .optional()
    .meta({ description: 'How long after the start of the first phase it joins. Default 0s.' }),
  group: groupIdField().optional().meta({
    description: 'The id of the consumer group of a command. Default: a new one for each run.',
  }),
  env: z
    .record(z.string(), settingField)
    .optional()
    .meta({ description: 'Environment variables of a command, besides those of the run.' }),
  ready: quantityField(durationQuantity, { least: '0s', most: '1d' })
    .optional()
    .meta({ description: 'How long a command may take until it reads. Default 10s.' }),
  restart: z.enum(['never', 'always']).optional().meta({
    description: 'Whether a process of a command that ends is started again. Default never.',
  }),
});

const group = ruled(groupShape, (entry, report) => {
  checkKind(entry, report);
  const { members = 1, slow } = entry;
  const slowMembers = isMap(slow) ? slow.members : undefined;
  if (typeof members === 'number' && typeof slowMembers === 'number' && slowMembers > members) {
    report(['slow', 'members'], `must be at most the group's members: ${members}, but is ${slowMembers}`);
  }
});

function groupIdField() {
  return checkedText('lasair-test', (id) =>
    id.trim() === '' ? 'is empty, but a group needs an id' : undefined,
  );
}

function kindOf({ external, command }: Readonly<Record<string, unknown>>): Kind {
  return external !== undefined ? 'external' : command !== undefined ? 'command' : 'own';
}

function checkKind(entry: Readonly<Record<string, unknown>>, report: Report): void {
  if (entry.external !== undefined && entry.command !== undefined) {
    report(['command'], 'stands beside external, but a group is one of them', 'remove one of them', 'key');
    return;
  }
  const kind = kindOf(entry);
  const legal: readonly string[] = companions[kind];
  for (const key of new Set(Object.values(companions).flat())) {
    if (entry[key] === undefined || legal.includes(key)) continue;
    const owners = (Object.keys(companions) as Kind[]).filter((one) =>
      (companions[one] as readonly string[]).includes(key),
    );
    const others = owners.map((one) => (one === 'own' ? 'groups of ours' : one)).join(' and ');
    const is = kind === 'own' ? 'one of ours' : kind === 'external' ? 'external' : 'a command';
    report([key], `goes with ${others}, but this group is ${is}`, undefined, 'key');
  }
}

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
        ? Array.from({ length: groups }, (_, index) => groupOf({ name: `group-${index + 1}`, members }))
        : groups.map(groupOf);
    return { groupPrefix, groups: list };
  })
  .prefault({ groups: 0 })
  .meta({ description: 'Who reads while alerts are sent; no one where it is left out.' });

function groupOf(entry: z.output<typeof group>): ConsumerGroupPlan {
  const { name, external, command, members = 1 } = entry;
  if (external !== undefined) return { kind: 'external', name, groupId: external };
  if (command === undefined)
    return { kind: 'own', name, members, slow: slowOf(entry, members), startAfterNs: entry.startAfter ?? 0 };
  const { group: groupId, env = {}, ready = 10e9, restart = 'never' } = entry;
  return { kind: 'command', name, command, members, groupId, env: textsOf(env), readyNs: ready, restart };
}

function textsOf(env: Settings): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}

function slowOf({ slow }: z.output<typeof group>, members: number): SlowMembers | undefined {
  if (slow === undefined) return undefined;
  const slowMembers = slow.members ?? members;
  return slow.maxRate === undefined
    ? { kind: 'pause', members: slowMembers, pauseNs: slow.pause ?? 0 }
    : { kind: 'maxRate', members: slowMembers, perSecond: slow.maxRate };
}
