import type { Plan } from './plan.js';

/** Replaces a secret. */
export const redactedText = '***';

const secretKey =
  /password|secret|credential|jaas|private|(^|[._-])token$|ssl\.key\.pem|oauthbearer\.config/i;
const userInUrl = /(:\/\/)[^/@\s]+@/g;

/**
 * A plan that may be printed and kept, with `***` in place of each secret, and an empty `secrets`: no
 * passwords, tokens, users in addresses, or values of environment variables whose name says that they are
 * secret.
 */
export function redacted(plan: Plan): Plan {
  return withoutSecrets({ ...plan, secrets: [] }, plan.secrets) as Plan;
}

/**
 * Replaces secrets by `***` in anything that is to be printed: texts, lists and maps.
 *
 * @param secrets - texts that must not appear
 */
export function withoutSecrets(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return cleanText(value, secrets);
  if (typeof value === 'number' || typeof value === 'boolean') {
    return secrets.includes(String(value)) ? redactedText : value;
  }
  if (Array.isArray(value)) return value.map((entry: unknown) => withoutSecrets(entry, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]): [string, unknown] => {
      const isFilled = (typeof entry === 'string' && entry !== '') || typeof entry === 'number';
      if (secretKey.test(key) && isFilled) return [key, redactedText];
      return [key, withoutSecrets(entry, secrets)];
    }),
  );
}

function cleanText(text: string, secrets: readonly string[]): string {
  const plain = secrets.reduce((rest, secret) => {
    // A secret of a letter or two would blot out half of every text.
    if (secret.length < 4) return rest === secret ? redactedText : rest;
    return rest.replaceAll(secret, redactedText);
  }, text);
  return plain.replace(userInUrl, `$1${redactedText}@`);
}
