import { describe, expect, it } from 'vitest';
import { planChanges, planRestore, type SettingChange } from '../../../src/broker/settings/settingChange.js';
import type { SettingEntry } from '../../../src/kafka/clusterSettings.js';

const broker = { kind: 'broker', name: '1' } as const;

function entry(name: string, value: string | null, more: Partial<SettingEntry> = {}): SettingEntry {
  return { name, value, source: 'DEFAULT_CONFIG', readOnly: false, sensitive: false, ...more };
}

const entries = [
  entry('num.io.threads', '8'),
  entry('log.retention.ms', '5', { source: 'DYNAMIC_BROKER_CONFIG' }),
  entry('log.segment.bytes', '7', { source: 'STATIC_BROKER_CONFIG' }),
  entry('num.partitions', '1', { readOnly: true }),
  entry('ssl.key.password', null, { sensitive: true }),
];

describe('planChanges', () => {
  it('remembers a value of the broker itself, and that others came from elsewhere', () => {
    const wanted = { 'num.io.threads': '16', 'log.retention.ms': '6', 'log.segment.bytes': '9' };
    expect(planChanges(broker, entries, wanted)).toEqual({
      problems: [],
      changes: [
        { ...broker, setting: 'num.io.threads', before: null, countedBefore: '8', wanted: '16' },
        { ...broker, setting: 'log.retention.ms', before: '5', countedBefore: '5', wanted: '6' },
        { ...broker, setting: 'log.segment.bytes', before: null, countedBefore: '7', wanted: '9' },
      ],
    });
  });

  it('leaves out what has the wanted value already', () => {
    expect(planChanges(broker, entries, { 'num.io.threads': '8' })).toEqual({ changes: [], problems: [] });
  });

  it.each([
    ['num.partitions', 'num.partitions of broker 1 is read-only while the broker runs: it needs a restart'],
    [
      'ssl.key.password',
      'ssl.key.password of broker 1 is secret: it could not be put back, because brokers never show its value',
    ],
    ['num.io.thread', 'there is no num.io.thread of broker 1; did you mean "num.io.threads"?'],
  ])('says why %s cannot be changed', (setting, problem) => {
    expect(planChanges(broker, entries, { [setting]: '2' })).toEqual({ changes: [], problems: [problem] });
  });
});

describe('planRestore', () => {
  const fresh: SettingChange = {
    ...broker,
    ...{ setting: 'num.io.threads', before: null, countedBefore: '8', wanted: '016', held: '16' },
  };
  const replaced: SettingChange = { ...fresh, before: '4', countedBefore: '4' };
  const own = (value: string): SettingEntry =>
    entry('num.io.threads', value, { source: 'DYNAMIC_BROKER_CONFIG' });

  it.each<[string, SettingChange, SettingEntry | undefined, unknown]>([
    ['takes away what was not there before', fresh, own('016'), ['num.io.threads', null]],
    ['knows the value in the form that the broker gave it', fresh, own('16'), ['num.io.threads', null]],
    ['gives a value of before back', replaced, own('16'), ['num.io.threads', '4']],
  ])('%s', (_what, change, now, update) => {
    expect(planRestore(change, now)).toEqual({ kind: 'put back', update });
  });

  it.each<[string, SettingChange, SettingEntry | undefined]>([
    ['the default counts again', fresh, entry('num.io.threads', '8')],
    ['the default has changed underneath', fresh, entry('num.io.threads', '12')],
    ['the old value is back', replaced, own('4')],
    ['the setting is gone with its owner', fresh, undefined],
  ])('does nothing where %s', (_what, change, now) => {
    expect(planRestore(change, now)).toEqual({ kind: 'as before' });
  });

  it.each<[string, SettingChange, SettingEntry | undefined, string | null]>([
    ['another value', fresh, own('12'), '12'],
    ['another value instead of the old one', replaced, own('12'), '12'],
    ['no value any more', replaced, entry('num.io.threads', '8'), null],
  ])('leaves %s that somebody else set', (_what, change, now, value) => {
    expect(planRestore(change, now)).toEqual({ kind: 'not ours', value });
  });
});
