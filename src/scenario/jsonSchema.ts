import { z } from 'zod';
import { scenarioDefinition } from './definition/scenario.js';

/**
 * The JSON Schema of scenario files, for editors: completion, descriptions and checks while typing.
 *
 * @remarks Draft 7 is what editors' YAML support understands best. `scenarios/schema.json` is this.
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioDefinition, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // A variable may stand for any number or boolean; for an editor it is a text.
      const { type } = jsonSchema;
      if (type !== 'integer' && type !== 'number' && type !== 'boolean') return;
      Object.assign(jsonSchema, { type: [type, 'string'], pattern: String.raw`\$\{` });
    },
  });
  return { ...schema, title: 'A scenario of rubin-alert-sim' };
}
