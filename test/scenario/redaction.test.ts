import { expect, test } from 'vitest';
import { printPlan } from '../../src/scenario/printPlan.js';
import { redacted } from '../../src/scenario/redaction.js';
import { adding } from './malformed.js';
import { planFrom } from './planFrom.js';

const text = adding(`kafka:
  bootstrap: "\${BROKER}"
  client:
    sasl.username: alice
    sasl.password: hunter2-literal
    ssl.key.password: "\${KEY_PHRASE}"
    client.id: "run-\${API_TOKEN}"
    sasl.oauthbearer.token.endpoint.url: https://bob:swordfish@idp/token
registry: {url: "http://eve:url-word@r:8081", user: carol, password: registry-literal, ca: /ca.pem}
broker: {listener.name.x.sasl.jaas.config: 'user="a" password="jaas-secret"'}
variants:
  - {name: v, set: {kafka.client.sasl.password: other-literal, outputs.influx.token: variant-token}}
outputs: {influx: {url: "http://h:8086", bucket: b, token: influx-literal}}`);
const plan = planFrom(text, {
  environment: { BROKER: 'kafka:9092', KEY_PHRASE: 'sesame', API_TOKEN: 'abc12345' },
});
const secrets = [
  'hunter2-literal',
  'sesame',
  'abc12345',
  'swordfish',
  'jaas-secret',
  'url-word',
  'registry-literal',
  'other-literal',
  'variant-token',
  'influx-literal',
];

test('no secret is left in what is kept of a plan, by whichever way it came', () => {
  const kept = JSON.stringify(redacted(plan)) + printPlan(redacted(plan));
  expect(secrets.filter((secret) => kept.includes(secret))).toEqual([]);
});

test('what is no secret is kept: broker, user, settings', () => {
  const { kafka, registry, outputs } = redacted(plan);
  expect(kafka.bootstrap).toBe('kafka:9092');
  expect(kafka.client).toMatchObject({
    'sasl.username': 'alice',
    'client.id': 'run-***',
    'sasl.oauthbearer.token.endpoint.url': 'https://***@idp/token',
  });
  expect(registry).toEqual({ url: 'http://***@r:8081', user: 'carol', password: '***', ca: '/ca.pem' });
  expect(outputs.influx).toMatchObject({ url: 'http://h:8086', bucket: 'b', token: '***' });
});

test('the plan itself still has them: it is what runs', () => {
  expect(plan.kafka.client['sasl.password']).toBe('hunter2-literal');
  expect(plan.secrets).toEqual(['sesame', 'abc12345']);
});
