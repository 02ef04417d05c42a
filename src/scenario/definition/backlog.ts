import { z } from 'zod';
import type { BacklogAmount } from '../../schedule/pacing.js';
import { nameField, quantityField, ruled, wholeField } from '../fields.js';
import { durationQuantity, rateQuantity, sizeQuantity } from '../quantities.js';

const most = '100000000/s';

/** Rubin's average: 10,000 alerts a visit, a visit every 37 s. */
const rubinPerSecond = 10_000 / 37;

const amounts = ['bytes', 'messages', 'for'] as const;

/** Names of groups. */
export const groupsField = z.array(nameField('mine')).min(1, { error: 'needs at least one group' });

/** What the stream is filled with while groups do not read. */
export const backlogField = ruled(
  z.strictObject({
    bytes: quantityField(sizeQuantity, { least: '1B', most: '1PB' })
      .optional()
      .meta({ description: 'So many bytes of alerts: 20GB.' }),
    messages: wholeField(1, 1e12, 1_000_000).optional().meta({ description: 'So many alerts.' }),
    for: quantityField(durationQuantity, { above: '0s', most: '365d' })
      .optional()
      .meta({ description: 'As many alerts as come in this time: 6h.' }),
    at: quantityField(rateQuantity, { above: '0/s', most }).optional().meta({
      description: "The rate that goes with for. Default: Rubin's average, 10,000 alerts each 37 s.",
    }),
  }),
  (backlog, report) => {
    const [first, ...others] = amounts.filter((key) => backlog[key] !== undefined);
    if (first === undefined)
      report([], 'needs one of bytes, messages or for', 'write for example bytes: 20GB');
    for (const other of others)
      report(
        [other],
        `stands beside ${String(first)}, but a backlog has one amount`,
        'remove one of them',
        'key',
      );
    if (backlog.at !== undefined && backlog.for === undefined)
      report(['at'], 'is the rate of for, which is not given', 'write for example for: 6h', 'key');
  },
)
  .transform(({ bytes, messages, for: durationNs, at = rubinPerSecond }): BacklogAmount =>
    bytes !== undefined
      ? { kind: 'bytes', bytes }
      : messages !== undefined
        ? { kind: 'messages', messages }
        : { kind: 'time', durationNs: durationNs ?? 0, ratePerSecond: at },
  )
  .meta({
    description:
      'Fills the stream as fast as possible while groups do not read: {bytes}, {messages}, or {for} with or without at.',
  });

/** Groups that read what they have missed. */
export const catchUpField = z
  .strictObject({
    groups: groupsField.optional().meta({ description: 'Which groups. Default: all that do not read.' }),
    while: z
      .strictObject({
        rate: quantityField(rateQuantity, { above: '0/s', most }).meta({
          description: 'The rate that is sent while they catch up.',
        }),
      })
      .optional()
      .meta({ description: 'What is sent while they catch up: {rate: 270/s}. Default: nothing.' }),
  })
  .meta({ description: 'Lets groups read what they have missed, and measures how fast they do.' });
