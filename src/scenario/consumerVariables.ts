/** What a run inserts into the command of a consumer, as `${topic}`; the scenario itself leaves these alone. */
export const consumerVariableNames = ['bootstrap', 'topic', 'group', 'member', 'registry'] as const;

export type ConsumerVariableName = (typeof consumerVariableNames)[number];

/** Undefined where there is none: the registry. */
export type ConsumerVariables = Readonly<Record<ConsumerVariableName, string | undefined>>;

/** A text with its variables inserted, or what is wrong with one of them, half a sentence. */
export type Insertion =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

const reference = /\$\{(\w+)\}/g;

/** Stays one word in a shell, bare, within quotes, and within the quotes of a shell inside. */
const plainText = /^[\w.:,/@%+=[\]~-]*$/;

function isConsumerVariable(name: string): name is ConsumerVariableName {
  return (consumerVariableNames as readonly string[]).includes(name);
}

/**
 * Inserts the values of a run. A shell reads a command afterwards, so a value that it would take apart is not
 * inserted into one; the environment takes any.
 *
 * @param into - what the text is
 */
export function insertConsumerVariables(
  text: string,
  values: ConsumerVariables,
  into: 'command' | 'environment',
): Insertion {
  const problems: string[] = [];
  const inserted = text.replace(reference, (whole: string, name: string) => {
    if (!isConsumerVariable(name)) return whole;
    const value = values[name];
    if (value === undefined) {
      problems.push(
        `asks for \${${name}}, but there is no schema registry; name one under registry, or start one beside the broker`,
      );
      return whole;
    }
    if (into === 'command' && !plainText.test(value)) {
      problems.push(
        `asks for \${${name}}, but ${JSON.stringify(value)} has characters that a shell treats specially; ` +
          `let the program read it from the environment (${consumerEnvironmentNames[name].at(-1) ?? ''})`,
      );
      return whole;
    }
    return value;
  });
  const [problem] = problems;
  return problem === undefined ? { ok: true, text: inserted } : { ok: false, problem };
}

/** The environment variables that have the same values: first the usual names, then our own. */
const consumerEnvironmentNames: Readonly<Record<ConsumerVariableName, readonly string[]>> = {
  bootstrap: ['KAFKA_BOOTSTRAP_SERVERS', 'ALERTSIM_BOOTSTRAP'],
  topic: ['KAFKA_TOPIC', 'ALERTSIM_TOPIC'],
  group: ['KAFKA_GROUP_ID', 'ALERTSIM_GROUP'],
  member: ['ALERTSIM_MEMBER'],
  registry: ['SCHEMA_REGISTRY_URL', 'ALERTSIM_REGISTRY'],
};

/** The environment of a consumer besides what it inherits. */
export function consumerEnvironment(values: ConsumerVariables): Readonly<Record<string, string>> {
  return Object.fromEntries(
    consumerVariableNames.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : consumerEnvironmentNames[name].map((variable) => [variable, value]);
    }),
  );
}
