import { z } from 'zod';
import { ruled } from '../fields.js';
import type { InfluxPlan, OutputsPlan } from '../plan.js';

const influx = ruled(
  z.strictObject({
    url: z
      .string()
      .meta({ examples: ['http://localhost:8086'] })
      .meta({ description: 'The address of the server; an empty one turns this output off.' }),
    bucket: z.string().optional().meta({ description: 'The bucket, or the database of version 1.' }),
    org: z.string().optional().meta({ description: 'The organisation of version 2.' }),
    token: z.string().optional().meta({ description: 'The token of version 2.' }),
    user: z.string().optional().meta({ description: 'The user of version 1.' }),
    password: z.string().optional().meta({ description: 'The password of version 1.' }),
  }),
  ({ url, bucket, token, user }, report) => {
    if (typeof url !== 'string' || url === '') return;
    if (!/^https?:\/\/[^\s/]+/.test(url)) report(['url'], 'must start with http:// or https:// and a host');
    if (isEmpty(bucket)) report([], 'has a url but no bucket', 'add one, for example bucket: alerts', 'key');
    if (!isEmpty(token) && !isEmpty(user)) {
      report(
        ['user'],
        'stands beside token: version 2 takes a token, version 1 a user and password',
        undefined,
        'key',
      );
    }
  },
);

/** Destinations of results besides the run folder. */
export const outputsSection = z
  .strictObject({ influx: influx.optional().meta({ description: 'An InfluxDB server.' }) })
  .transform(({ influx }): OutputsPlan => ({ influx: influx === undefined ? undefined : influxOf(influx) }))
  .prefault({})
  .meta({ description: 'Where results go besides the run folder.' });

function influxOf(given: z.output<typeof influx>): InfluxPlan | undefined {
  if (given.url === '') return undefined;
  const { org, token, user, password } = given;
  return {
    url: given.url,
    bucket: given.bucket ?? '',
    org: unlessEmpty(org),
    token: unlessEmpty(token),
    user: unlessEmpty(user),
    password: unlessEmpty(password),
  };
}

function unlessEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '';
}
