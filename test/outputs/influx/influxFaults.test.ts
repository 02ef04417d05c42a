import { HttpError } from '@influxdata/influxdb-client';
import { describe, expect, it } from 'vitest';
import { outcomeOf, type FaultContext } from '../../../src/outputs/influx/influxFaults.js';

const context: FaultContext = {
  target: {
    url: 'http://someone:secret@h:8086',
    bucket: 'alerts',
    org: undefined,
    token: 't',
    user: undefined,
    password: undefined,
  },
  version: '2.7.12',
  lines: 100,
  timeoutMs: 5000,
};

function http(status: number, body: string): HttpError {
  return new HttpError(status, 'Some Status', body, undefined, 'application/json');
}

function withCode(message: string, code: string, name = 'Error'): Error {
  return Object.assign(new Error(message), { code, name });
}

describe('a request to InfluxDB that failed', () => {
  it.each<[string, unknown, string, RegExp]>([
    [
      'a server that is off',
      withCode('connect ECONNREFUSED 127.0.0.1:8086', 'ECONNREFUSED'),
      'unavailable',
      /at http:\/\/h:8086 cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:8086\); start it, or fix outputs\.influx\.url$/,
    ],
    [
      'a name with two addresses, for which Node has a code and no message',
      withCode('', 'ECONNREFUSED', 'AggregateError'),
      'unavailable',
      /cannot be reached \(ECONNREFUSED\)/,
    ],
    [
      'a server that does not answer',
      withCode('aborted', 'ABORT_ERR', 'AbortError'),
      'unavailable',
      /did not answer within 5 s/,
    ],
    [
      'a certificate of an unknown authority',
      withCode('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
      'unavailable',
      /certificate that is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\); name its authority in NODE_EXTRA_CA_CERTS$/,
    ],
    [
      'a server that is overloaded',
      http(503, ''),
      'unavailable',
      /answers 503: Some Status; see its own log$/,
    ],
    [
      'a full disk',
      http(500, '{"error":"write /data/wal: no space left on device"}'),
      'unavailable',
      /answers 500: write .* no space left on device; free some disk there$/,
    ],
    ['too many requests', http(429, '{"message":"limit"}'), 'unavailable', /answers 429: limit/],
    [
      'a wrong token',
      http(401, '{"message":"unauthorized access"}'),
      'refused',
      /refused the token \(unauthorized access\); set /,
    ],
    [
      'a missing bucket',
      http(404, '{"message":"bucket \\"alerts\\" not found"}'),
      'refused',
      /does not know the bucket alerts; make it there/,
    ],
    [
      'a page that is none of InfluxDB',
      http(302, ''),
      'refused',
      /is not the address of an InfluxDB \(it answers 302 Some Status\)/,
    ],
    [
      'some points that clash with older ones',
      http(422, '{"message":"partial write: field type conflict dropped=7"}'),
      'partly',
      /did not take 7 of 100 points: partial write: field type conflict dropped=7; /,
    ],
    [
      'a batch that it cannot read',
      http(400, '{"error":"unable to parse"}'),
      'partly',
      /did not take 100 of 100 points/,
    ],
  ])('by %s', (_, thrown, kind, fault) => {
    const outcome = outcomeOf(thrown, context);
    expect(outcome).toMatchObject({ kind, fault: expect.stringMatching(fault) as string });
    expect(outcome.fault).not.toMatch(/secret|someone/);
  });

  it('counts no more points as rejected than were sent', () => {
    expect(outcomeOf(http(400, '{"error":"dropped=700"}'), context)).toMatchObject({ rejected: 100 });
  });

  it('is no answer of an InfluxDB before one has told its version', () => {
    expect(outcomeOf(http(404, ''), { ...context, version: undefined })).toMatchObject({
      kind: 'refused',
      fault: expect.stringMatching(
        /is not the address of an InfluxDB \(it answers 404 Some Status\)/,
      ) as string,
    });
  });
});
