import { describe, expect, it } from 'vitest';
import { findJava, majorVersion } from '../../src/broker/java.js';

describe('majorVersion', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_392"', 8],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21-ea" 2023-09-19', 21],
    ['No Java runtime present, requesting install.', undefined],
    ['', undefined],
  ])('%j is %s', (text, expected) => {
    expect(majorVersion(text)).toBe(expected);
  });
});

describe('findJava', () => {
  const machine = (programs: Record<string, string>) => (command: string) =>
    Promise.resolve(programs[command]);
  const java = (version: string): string => `openjdk version "${version}"`;

  it.each([
    ['JAVA_HOME before the PATH', '/jdk', { '/jdk/bin/java': java('21'), java: java('17') }, '/jdk/bin/java'],
    [
      'the PATH where JAVA_HOME is too old',
      '/jdk',
      { '/jdk/bin/java': java('11'), java: java('17') },
      'java',
    ],
    ['the PATH where JAVA_HOME points nowhere', '/gone', { java: java('25') }, 'java'],
    ['the PATH where JAVA_HOME is empty', '', { java: java('17.0.1') }, 'java'],
  ])('takes %s', async (_what, home, programs, expected) => {
    expect((await findJava(17, { JAVA_HOME: home }, machine(programs))).command).toBe(expected);
  });

  it.each([
    ['none was found', {}],
    ['java is version 11', { java: java('11.0.2') }],
  ])('says that %s and how to install one', async (said, programs) => {
    await expect(findJava(17, {}, machine(programs))).rejects.toMatchObject({
      code: 'MISSING_PREREQUISITE',
      message: expect.stringMatching(new RegExp(`${said}.*install`)) as unknown,
    });
  });
});
