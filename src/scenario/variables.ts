/** Environment variables by name; one that is not set is absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with its environment variables inserted. */
export interface Expansion {
  /** With each `${NAME}` replaced. */
  readonly text: string;
  /** Of the variables in it. */
  readonly names: readonly string[];
  /** Values of variables whose name says that they must not be printed. */
  readonly secrets: readonly string[];
  /** What is wrong with its variables, a sentence each. */
  readonly problems: readonly string[];
}

const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;
const legalName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const secretName = /TOKEN|SECRET|PASS|PWD|CREDENTIAL|(^|_)KEY/i;

/**
 * Inserts environment variables into a text: `${NAME}`, and `${NAME:-default}` for one that is not set or
 * empty. `$${` is `${` itself.
 *
 * @param kept - names that stay as they are written: a run inserts them later
 */
export function expandVariables(
  text: string,
  environment: Environment,
  kept: readonly string[] = [],
): Expansion {
  const names: string[] = [];
  const secrets: string[] = [];
  const problems: string[] = [];
  const expanded = text.replace(reference, (whole: string, inner: string | undefined, end: string) => {
    if (inner === undefined) return '${';
    if (end !== '' && kept.includes(inner)) return whole;
    const split = inner.indexOf(':-');
    const name = split < 0 ? inner : inner.slice(0, split);
    const fallback = split < 0 ? undefined : inner.slice(split + 2);
    const problem =
      end === ''
        ? `the variable "${whole}" has no closing }`
        : !legalName.test(name)
          ? `"\${${inner}}" is not a variable; write \${NAME} or \${NAME:-default}`
          : fallback?.includes('${')
            ? `the default of \${${name}} cannot hold another variable`
            : undefined;
    if (problem !== undefined) {
      problems.push(problem);
      return whole;
    }
    names.push(name);
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined && (value !== '' || fallback === undefined)) {
      if (secretName.test(name) && value !== '') secrets.push(value);
      return value;
    }
    if (fallback === undefined) {
      const others =
        kept.length === 0 ? '' : `; a run itself knows ${kept.map((one) => `\${${one}}`).join(', ')}`;
      problems.push(
        `the environment variable ${name} is not set; set it or write \${${name}:-default}${others}`,
      );
    }
    return fallback ?? '';
  });
  return { text: expanded, names, secrets, problems };
}
