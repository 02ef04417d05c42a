import { describe, expect, it } from 'vitest';
import { readInstant } from '../../src/scenario/instants.js';

const nowMs = Date.parse('2026-11-27T12:00:00Z');

describe('readInstant', () => {
  it.each([
    ['2026-11-27T10:00:00Z', '2026-11-27T10:00:00.000Z'],
    ['2026-11-27T10:00:00.25+02:00', '2026-11-27T08:00:00.250Z'],
    // Without an offset it is UTC, whatever the machine's time zone is.
    ['2026-11-27T10:00', '2026-11-27T10:00:00.000Z'],
    ['2026-11-27 10:00:00', '2026-11-27T10:00:00.000Z'],
    ['2026-11-27', '2026-11-27T00:00:00.000Z'],
    ['now', '2026-11-27T12:00:00.000Z'],
    ['-2h', '2026-11-27T10:00:00.000Z'],
    ['-1h30m', '2026-11-27T10:30:00.000Z'],
    ['+500ms', '2026-11-27T12:00:00.500Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(readInstant(text, nowMs)).toEqual({ ok: true, ms: Date.parse(expected) });
  });

  it.each([
    '',
    'yesterday',
    '2026',
    '2026-13-01',
    '2026-11-27T25:00:00Z',
    '-2',
    '-2 hours',
    '10:00',
    '1795773600',
  ])('rejects %j', (text) => {
    expect(readInstant(text, nowMs)).toMatchObject({ ok: false });
  });
});
