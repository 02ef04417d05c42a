import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AlertSimError } from '../errors.js';

/** A Java that can run Kafka. */
export interface Java {
  /** A path, or `java` from the PATH. */
  readonly command: string;
  /** Major version, like 17. */
  readonly major: number;
}

/** Prints `java -version`; undefined where there is no such program. */
export type JavaVersionOf = (command: string) => Promise<string | undefined>;

/**
 * Finds the first Java that is new enough: the one of JAVA_HOME, or else the one on the PATH.
 *
 * @param minimum - the oldest major version that is supported
 * @throws `MISSING_PREREQUISITE` with what was found instead, and the command that installs Java
 */
export async function findJava(
  minimum: number,
  env: NodeJS.ProcessEnv = process.env,
  versionOf: JavaVersionOf = askForVersion,
): Promise<Java> {
  const home = env.JAVA_HOME ?? '';
  const commands = home === '' ? ['java'] : [join(home, 'bin', 'java'), 'java'];
  const found: string[] = [];
  for (const command of commands) {
    const major = majorVersion((await versionOf(command)) ?? '');
    if (major === undefined) continue;
    if (major >= minimum) return { command, major };
    found.push(`${command} is version ${major}`);
  }
  throw new AlertSimError(
    'MISSING_PREREQUISITE',
    `Kafka needs Java ${minimum} or newer (${found.join(', ') || 'none was found'}): install it with ` +
      `\`${installLine(process.platform)}\`, or set JAVA_HOME`,
  );
}

/**
 * The major version in the output of `java -version`: 17 from `openjdk version "17.0.15" 2025-04-15`; 8 for
 * the old form `1.8.0_392`; undefined for any other text.
 */
export function majorVersion(text: string): number | undefined {
  const digits = /version "(?:1\.)?(\d+)/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function askForVersion(command: string): Promise<string | undefined> {
  try {
    const { stderr, stdout } = await promisify(execFile)(command, ['-version'], { timeout: 20_000 });
    return stderr + stdout;
  } catch {
    // Missing, not executable, or the stub that macOS has in its place.
    return undefined;
  }
}

function installLine(platform: NodeJS.Platform): string {
  return platform === 'darwin'
    ? 'brew install openjdk@21 && export JAVA_HOME="$(brew --prefix openjdk@21)"'
    : 'sudo apt-get install default-jre-headless';
}
