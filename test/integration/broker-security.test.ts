import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTopicAdmin } from '../../src/kafka/topics.js';
import type { ConnectionOptions } from '../../src/kafka/settings.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

let kafka: TestKafka;
beforeAll(async () => {
  const alice = { name: 'alice', password: 'alice-secret' };
  kafka = await startTestKafka({
    tls: true,
    scramUsers: [
      { ...alice, mechanism: 'SCRAM-SHA-256' },
      { ...alice, mechanism: 'SCRAM-SHA-512' },
    ],
  });
});
afterAll(() => kafka.stop());

describe('a broker with secure listeners', () => {
  it('serves a client with the right certificates', async () => {
    await expect(topicIsMissing(withCertificates('client', 'ca'))).resolves.toBe(true);
  });

  it.each([
    ['a client certificate of an unknown authority', 'other-client', 'ca'],
    ['a client that does not know the authority of the broker', 'client', 'other-ca'],
  ] as const)('refuses %s', async (_what, client, ca) => {
    await expect(topicIsMissing(withCertificates(client, ca))).rejects.toMatchObject(notLetIn);
  });

  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('knows its users by %s', async (mechanism) => {
    await expect(topicIsMissing(withPassword(mechanism, 'alice-secret'))).resolves.toBe(true);
    await expect(topicIsMissing(withPassword(mechanism, 'guess'))).rejects.toMatchObject(notLetIn);
  });

  it('comes back on the same ports after a crash', async () => {
    const before = kafka.pid;
    kafka.kill();
    await kafka.restart();
    expect(kafka.pid).not.toBe(before);
    await expect(topicIsMissing({ bootstrap: kafka.bootstrap })).resolves.toBe(true);
    await expect(topicIsMissing(withPassword('SCRAM-SHA-512', 'alice-secret'))).resolves.toBe(true);
  });
});

// The client's words for it are tested with the client.
const notLetIn = { code: expect.stringMatching(/^BROKER_/) as unknown };

/** Asks the broker a question that only an accepted client gets an answer to. */
async function topicIsMissing(options: ConnectionOptions): Promise<boolean> {
  const admin = await openTopicAdmin(options, 3000);
  try {
    return (await admin.partitionsOf('no-such-topic')) === undefined;
  } finally {
    await admin.close();
  }
}

function withCertificates(client: 'client' | 'other-client', ca: 'ca' | 'other-ca'): ConnectionOptions {
  if (kafka.tls === undefined) throw new Error('the broker was started without TLS');
  const { bootstrap, certificates } = kafka.tls;
  const ours = client === 'client';
  return {
    bootstrap,
    tls: {
      keyLocation: ours ? certificates.clientKey : certificates.otherClientKey,
      certificateLocation: ours ? certificates.clientCertificate : certificates.otherClientCertificate,
      caLocation: ca === 'ca' ? certificates.ca : certificates.otherCa,
    },
  };
}

function withPassword(mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password: string): ConnectionOptions {
  return {
    bootstrap: kafka.scram.get(mechanism) ?? '',
    properties: {
      'security.protocol': 'sasl_plaintext',
      'sasl.mechanism': mechanism,
      'sasl.username': 'alice',
      'sasl.password': password,
    },
  };
}
