import { z } from 'zod';
import { ruled } from '../fields.js';
import type { RegistryPlan } from '../plan.js';

const shape = ruled(
  z.strictObject({
    url: z
      .string()
      .optional()
      .meta({ examples: ['http://localhost:8081'] })
      .meta({
        description:
          'Its address; `none` for no registry. By default SCHEMA_REGISTRY_URL, or else the one beside a local broker.',
      }),
    user: z.string().optional().meta({ description: 'The user of its basic authentication.' }),
    password: z.string().optional().meta({ description: 'The password of that user.' }),
    ca: z.string().optional().meta({ description: 'The PEM file of the authority of its certificate.' }),
  }),
  ({ url }, report) => {
    if (typeof url !== 'string' || url === '' || url === 'none') return;
    if (!/^https?:\/\/[^\s/]+/.test(url))
      report(['url'], 'must start with http:// or https:// and a host', 'or be none');
  },
);

/** The schema registry in which the schemas of the alerts are registered. */
export const registrySection = shape
  .transform(({ url, user, password, ca }): RegistryPlan | undefined =>
    url === undefined || url === ''
      ? undefined
      : { url, user: unlessEmpty(user), password: unlessEmpty(password), ca: unlessEmpty(ca) },
  )
  .optional()
  .meta({ description: "The schema registry of the alerts, with Confluent's REST API." });

function unlessEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
