import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { identify } from '../../src/broker/processIdentity.js';
import { registryTarget } from '../../src/coordinator/registeredIds.js';

let cache: string;
const beside = async (processStart?: string): Promise<void> => {
  const me = await identify(process.pid);
  const record = { ...me, ...(processStart === undefined ? {} : { processStart }) };
  await mkdir(join(cache, 'registries'), { recursive: true });
  await writeFile(
    join(cache, 'registries', '9099.json'),
    JSON.stringify({ ...record, url: 'http://localhost:8099', port: 8099, brokerPorts: [9099] }),
  );
};

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'registered-'));
  vi.stubEnv('RUBIN_ALERT_SIM_CACHE', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

it('the registry is the named one, else that of the environment, else the one beside the local broker', async () => {
  await beside();
  const env = { SCHEMA_REGISTRY_URL: 'http://env', SCHEMA_REGISTRY_USER: 'u', SCHEMA_REGISTRY_PASSWORD: 'p' };
  const local = 'localhost:9099';
  expect(await registryTarget({ url: 'http://named' }, local, env)).toMatchObject({ url: 'http://named' });
  expect(await registryTarget(undefined, local, env)).toEqual({
    url: 'http://env',
    user: 'u',
    password: 'p',
  });
  expect(await registryTarget(undefined, local, {})).toEqual({ url: 'http://localhost:8099' });
  expect(await registryTarget({ url: 'none' }, local, env)).toBeUndefined();
  expect(await registryTarget(undefined, local, { SCHEMA_REGISTRY_URL: 'none' })).toBeUndefined();
});

it('there is none beside a broker elsewhere, without one, or after it ended', async () => {
  await beside();
  for (const bootstrap of ['kafka.example.org:9099', 'localhost:9098'])
    expect(await registryTarget(undefined, bootstrap, {})).toBeUndefined();
  await beside('long ago');
  expect(await registryTarget(undefined, 'localhost:9099', {})).toBeUndefined();
});
