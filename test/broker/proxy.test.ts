import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureDistribution } from '../../src/broker/download.js';
import { proxyFor, withoutPassword } from '../../src/broker/proxy.js';
import { makeCertificates } from '../integration/support/certificates.js';

describe('proxyFor', () => {
  const maven = 'https://repo.maven.apache.org/maven2';
  it.each<[string, string, NodeJS.ProcessEnv, [string, string] | undefined]>([
    ['no variable', maven, {}, undefined],
    ['https', maven, { HTTPS_PROXY: 'http://p:3128' }, ['HTTPS_PROXY', 'http://p:3128']],
    [
      'lower case first, as in curl',
      maven,
      { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' },
      ['https_proxy', 'http://q:2'],
    ],
    ['http is no proxy for https', maven, { HTTP_PROXY: 'http://p:3128' }, undefined],
    ['http', 'http://m/x', { HTTP_PROXY: 'http://p:3128' }, ['HTTP_PROXY', 'http://p:3128']],
    ['all', maven, { ALL_PROXY: 'http://p:3128' }, ['ALL_PROXY', 'http://p:3128']],
    ['an empty one is none', maven, { HTTPS_PROXY: '', ALL_PROXY: ' ' }, undefined],
    [
      'without a scheme',
      maven,
      { HTTPS_PROXY: 'proxy.example.org:3128' },
      ['HTTPS_PROXY', 'http://proxy.example.org:3128'],
    ],
    ['with a password', maven, { HTTPS_PROXY: 'http://vera:a%40b@p:3128' }, ['HTTPS_PROXY', 'http://p:3128']],
    [
      'the host is exempt',
      maven,
      { HTTPS_PROXY: 'p:1', NO_PROXY: 'x.org, repo.maven.apache.org' },
      undefined,
    ],
    ['its domain is exempt', maven, { HTTPS_PROXY: 'p:1', no_proxy: 'apache.org' }, undefined],
    ['with a dot', maven, { HTTPS_PROXY: 'p:1', no_proxy: '.apache.org' }, undefined],
    ['with a star', maven, { HTTPS_PROXY: 'p:1', no_proxy: '*.apache.org' }, undefined],
    ['all are exempt', maven, { HTTPS_PROXY: 'p:1', no_proxy: '*' }, undefined],
    [
      'another host of that ending',
      'https://notapache.org',
      { HTTPS_PROXY: 'p:1', no_proxy: 'apache.org' },
      ['HTTPS_PROXY', 'http://p:1'],
    ],
    ['its port is exempt', maven, { HTTPS_PROXY: 'p:1', no_proxy: 'apache.org:443' }, undefined],
    [
      'another port is',
      maven,
      { HTTPS_PROXY: 'p:1', no_proxy: 'apache.org:8443' },
      ['HTTPS_PROXY', 'http://p:1'],
    ],
    ['its subnet is exempt', 'http://10.1.2.3/m', { HTTP_PROXY: 'p:1', no_proxy: '10.0.0.0/8' }, undefined],
    [
      'another subnet is',
      'http://11.1.2.3/m',
      { HTTP_PROXY: 'p:1', no_proxy: '10.0.0.0/8' },
      ['HTTP_PROXY', 'http://p:1'],
    ],
    ['IPv6', 'http://[::1]:8080/m', { HTTP_PROXY: 'p:1', no_proxy: '::1' }, undefined],
  ])('%s', (_what, address, env, expected) => {
    const found = proxyFor(new URL(address), env);
    expect(
      found === undefined ? undefined : [found.variable, found.url && withoutPassword(found.url)],
    ).toEqual(expected);
  });

  it('says which variable holds no address', () => {
    expect(proxyFor(new URL(maven), { HTTPS_PROXY: 'http://' })).toEqual({
      variable: 'HTTPS_PROXY',
      url: undefined,
    });
  });
});

/** A proxy as in a company: tunnels to any port, plain requests, and a password where required. */
class TestProxy {
  readonly seen: string[] = [];
  password: string | undefined;
  answer = 200;
  readonly #tunnels: Socket[] = [];
  readonly #server = createHttpServer((request, response) => {
    this.seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (!this.#isAllowed(request)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="x"' }).end();
      return;
    }
    response.end(jar);
  });

  async start(): Promise<void> {
    // Any name leads to this machine: what it resolves is the proxy's business.
    this.#server.on('connect', (request: IncomingMessage, client: Socket) => {
      this.seen.push(`CONNECT ${request.url ?? ''}`);
      client.on('error', () => undefined);
      const status = this.#isAllowed(request) ? this.answer : 407;
      client.write(`HTTP/1.1 ${status} x\r\n\r\n`);
      if (status !== 200) {
        client.end();
        return;
      }
      this.#tunnels.push(client);
      const upstream = connect({ host: '127.0.0.1', port: Number(request.url?.split(':')[1]) });
      upstream.on('error', () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
    await listen(this.#server);
  }

  get address(): string {
    return `127.0.0.1:${portOf(this.#server)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    // A client keeps its tunnel for seconds.
    for (const tunnel of this.#tunnels) tunnel.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #isAllowed({ headers }: IncomingMessage): boolean {
    if (this.password === undefined) return true;
    return headers['proxy-authorization'] === `Basic ${Buffer.from(this.password).toString('base64')}`;
  }
}

const jar = Buffer.alloc(100_000, 7);
const distribution = {
  version: '4.0.0',
  java: 17,
  files: [
    { path: 'a/one.jar', bytes: jar.length, sha256: createHash('sha256').update(jar).digest('hex') },
    { path: 'a/two.jar', bytes: jar.length, sha256: createHash('sha256').update(jar).digest('hex') },
  ],
};

describe('the download through a proxy', () => {
  let folder: string;
  let target: Server;
  let repository: string;
  let proxy: TestProxy;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proxy-'));
    const { serverKeystore } = makeCertificates(folder);
    const pem = readFileSync(serverKeystore);
    target = createHttpsServer({ key: pem, cert: pem }, (_request, response) => response.end(jar));
    await listen(target);
    // A name that only the proxy can resolve: what arrives came through it.
    repository = `https://maven.invalid:${portOf(target)}/maven2`;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  });
  afterAll(async () => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    await new Promise((closed) => target.close(closed));
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    proxy = new TestProxy();
    await proxy.start();
  });
  afterEach(async () => {
    await proxy.stop();
    await rm(join(folder, 'jars'), { recursive: true, force: true });
  });

  const fetchBy = (env: NodeJS.ProcessEnv, from = repository): Promise<readonly string[]> =>
    ensureDistribution(distribution, {
      folder: join(folder, 'jars'),
      repository: from,
      transfer: { retryDelayMs: 1, attempts: 2, env },
    });
  const expectWhole = async (paths: readonly string[]): Promise<void> => {
    for (const path of paths) expect((await readFile(path)).equals(jar)).toBe(true);
  };

  it('fetches over TLS through a tunnel', async () => {
    await expectWhole(await fetchBy({ HTTPS_PROXY: `http://${proxy.address}` }));
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT maven.invalid:${portOf(target)}`]));
  });

  it('asks the proxy itself where the server has no TLS, also by an address without a scheme', async () => {
    await expectWhole(await fetchBy({ http_proxy: proxy.address }, 'http://maven.invalid/maven2'));
    expect([...proxy.seen].sort()).toEqual([
      'GET http://maven.invalid/maven2/a/one.jar',
      'GET http://maven.invalid/maven2/a/two.jar',
    ]);
  });

  it.each(['https', 'http'])('logs in with user and password (%s)', async (scheme) => {
    proxy.password = 'vera:p@ss word';
    const env = { [`${scheme.toUpperCase()}_PROXY`]: `http://vera:p%40ss%20word@${proxy.address}` };
    await expectWhole(await fetchBy(env, scheme === 'https' ? repository : 'http://maven.invalid/maven2'));
  });

  it.each(['https', 'http'])('says that the proxy wants a password, once (%s)', async (scheme) => {
    proxy.password = 'vera:secret';
    const variable = `${scheme.toUpperCase()}_PROXY`;
    const env = { [variable]: `http://vera:wrong@${proxy.address}` };
    const failed = fetchBy(env, scheme === 'https' ? repository : 'http://maven.invalid/maven2');
    await expect(failed).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(
        new RegExp(
          `through the proxy http://${proxy.address} of the environment variable ${variable}: it wants a user name and password\\. Correct`,
        ),
      ) as unknown,
    });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('wrong') as unknown });
    expect(proxy.seen.length).toBeLessThanOrEqual(distribution.files.length);
  });

  it('says that the proxy refuses to connect', async () => {
    proxy.answer = 403;
    await expect(fetchBy({ HTTPS_PROXY: proxy.address })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(
        /of the environment variable HTTPS_PROXY: it answered 403 instead/,
      ) as unknown,
    });
  });

  it('names the variable when the proxy is down', async () => {
    const { address } = proxy;
    await proxy.stop();
    await expect(fetchBy({ https_proxy: `http://${address}` })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(
        new RegExp(
          `through the proxy http://${address} of the environment variable https_proxy: .*ECONNREFUSED`,
        ),
      ) as unknown,
    });
    await proxy.start();
  });

  it.each(['socks5://127.0.0.1:1080', 'http://'])('rejects %s as no HTTP proxy', async (value) => {
    await expect(fetchBy({ ALL_PROXY: value })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('ALL_PROXY does not name an HTTP proxy') as unknown,
    });
  });

  it('goes by no proxy to a host that NO_PROXY names', async () => {
    const direct = repository.replace('maven.invalid', 'localhost');
    await expectWhole(await fetchBy({ HTTPS_PROXY: proxy.address, NO_PROXY: 'localhost' }, direct));
    expect(proxy.seen).toEqual([]);
  });
});

async function listen(server: Server): Promise<void> {
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
