import { describe, expect, it } from 'vitest';
import { defaultKafkaVersion, lockedVersions, readDistribution } from '../../src/broker/distribution.js';

describe.each(lockedVersions())('the lock of Kafka %s', (version) => {
  const { files, java, ...rest } = readDistribution(version);

  it('is of the version that it is named by', () => {
    expect(rest.version).toBe(version);
    expect(java).toBeGreaterThanOrEqual(11);
  });

  it('lists each file once', () => {
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
  });

  const own = version.startsWith('3.')
    ? ['zookeeper-jute', 'reload4j', 'slf4j-reload4j']
    : ['log4j-core', 'log4j-slf4j-impl'];
  it.each(['kafka_2.13', 'kafka-tools', 'kafka-clients', 'slf4j-api', ...own])('holds %s', (artifact) => {
    expect(files.filter(({ path }) => path.includes(`/${artifact}/`))).toHaveLength(1);
  });

  it('has one SLF4J binding, or Kafka would choose by chance', () => {
    expect(files.filter(({ path }) => /slf4j-(impl|log4j|reload4j|simple)|logback/.test(path))).toHaveLength(
      1,
    );
  });
});

describe('readDistribution', () => {
  it('has a lock for the version that is started by default', () => {
    expect(lockedVersions()).toContain(defaultKafkaVersion);
  });

  it.each(['3.9.1', '4.1.2'])('has a lock for %s, which comparisons start', (version) => {
    expect(lockedVersions()).toContain(version);
  });

  it('names the versions that there are when asked for another', () => {
    expect(() => readDistribution('1.2.3')).toThrow(
      expect.objectContaining({
        code: 'BAD_USAGE',
        message: expect.stringContaining(defaultKafkaVersion) as unknown,
      }),
    );
  });
});
