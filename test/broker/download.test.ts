import { createHash } from 'node:crypto';
import { existsSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaDistribution } from '../../src/broker/distribution.js';
import { ensureDistribution, mavenRepository } from '../../src/broker/download.js';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const content = new Map(
  ['a/one.jar', 'a/two.jar', 'b/three.jar'].map((path, index) => [path, Buffer.alloc(200_000, index + 1)]),
);
const distribution: KafkaDistribution = {
  version: '4.0.0',
  java: 17,
  files: [...content].map(([path, bytes]) => ({
    path,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })),
};

let folder: string;
let handler: Handler;
let requests: string[];
let repository: string;
const server = createServer((request, response) => {
  requests.push(`${request.url ?? ''} ${request.headers.range ?? ''}`.trim());
  handler(request, response, requests.length);
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-'));
  requests = [];
  handler = serve;
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  repository = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) await new Promise((closed) => server.close(closed));
  await rm(folder, { recursive: true });
});

describe('the download of a distribution', () => {
  it('fetches every file and leaves no part behind', async () => {
    const paths = await ensure();
    expect(paths).toEqual([...content.keys()].map((path) => join(folder, path)));
    for (const path of content.keys()) {
      expect(await isWhole(path)).toBe(true);
      expect(existsSync(join(folder, `${path}.part`))).toBe(false);
    }
    expect(existsSync(join(folder, 'download.lock'))).toBe(false);
  });

  it('uses no network when everything is there', async () => {
    await ensure();
    requests = [];
    await new Promise((closed) => server.close(closed));
    await expect(ensure()).resolves.toHaveLength(3);
    expect(requests).toEqual([]);
  });

  it('fetches a file again that was damaged on disk', async () => {
    await ensure();
    await writeFile(join(folder, 'a/two.jar'), Buffer.alloc(200_000, 9));
    requests = [];
    await ensure();
    expect(requests).toEqual(['/a/two.jar']);
    expect(await isWhole('a/two.jar')).toBe(true);
  });

  it('goes on where a cut connection left off', async () => {
    handler = (request, response, count) => {
      if (request.url !== '/a/one.jar' || count > 3) {
        serve(request, response);
        return;
      }
      response.writeHead(200, { 'content-length': 200_000 });
      response.write(content.get('a/one.jar')?.subarray(0, 150_000), () => {
        setTimeout(() => response.destroy(), 20);
      });
    };
    await ensure();
    const again = requests.filter((request) => request.startsWith('/a/one.jar bytes='));
    expect(again).toHaveLength(1);
    expect(await isWhole('a/one.jar')).toBe(true);
  });

  it('goes on with the part of an earlier run', async () => {
    await writePart('b/three.jar', Buffer.alloc(120_000, 3));
    await ensure();
    expect(requests).toContain('/b/three.jar bytes=120000-');
    expect(await isWhole('b/three.jar')).toBe(true);
  });

  it('starts over when the part of an earlier run was damaged', async () => {
    await writePart('b/three.jar', Buffer.alloc(120_000, 7));
    await ensure();
    expect(requests).toContain('/b/three.jar');
    expect(await isWhole('b/three.jar')).toBe(true);
  });

  it('starts over when the part is longer than the file', async () => {
    await writePart('b/three.jar', Buffer.alloc(300_000, 3));
    await ensure();
    expect(await isWhole('b/three.jar')).toBe(true);
  });

  it('takes the whole file from a server that knows no ranges', async () => {
    await writePart('a/one.jar', Buffer.alloc(1000, 1));
    handler = (request, response) => response.end(content.get(request.url?.slice(1) ?? ''));
    await ensure();
    expect(await isWhole('a/one.jar')).toBe(true);
  });

  it('tries again when the server is overloaded', async () => {
    handler = (request, response, count) => {
      if (count <= 3) response.writeHead(503).end();
      else serve(request, response);
    };
    await expect(ensure()).resolves.toHaveLength(3);
  });

  it('refuses wrong content, deletes it and names the file', async () => {
    handler = (request, response) => {
      if (request.url === '/a/two.jar') response.end(Buffer.alloc(200_000, 66));
      else serve(request, response);
    };
    await expect(ensure()).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining(`${repository}/a/two.jar does not have the checksum`) as unknown,
    });
    expect(existsSync(join(folder, 'a/two.jar'))).toBe(false);
    expect(existsSync(join(folder, 'a/two.jar.part'))).toBe(false);
  });

  it('names the address and does not insist when the server has no such file', async () => {
    handler = (_request, response) => response.writeHead(404).end();
    await expect(ensure()).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('the server answered 404 Not Found') as unknown,
    });
    expect(requests.length).toBeLessThanOrEqual(3);
  });

  it('gives up on a silent server and says so', async () => {
    handler = () => undefined;
    await expect(ensure({ attempts: 2, silenceMs: 30 })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('the server was silent') as unknown,
    });
  });

  it('gives up when nobody listens, with the reason', async () => {
    await new Promise((closed) => server.close(closed));
    await expect(ensure({ attempts: 2 })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('ECONNREFUSED') as unknown,
    });
  });

  it('keeps what has arrived when it is interrupted', async () => {
    const interruption = new AbortController();
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': 200_000 });
      response.write(Buffer.alloc(50_000, 1), () => {
        setTimeout(() => {
          interruption.abort();
        }, 50);
      });
    };
    const ended = ensureDistribution(distribution, {
      ...{ folder, repository, signal: interruption.signal },
      transfer: { env: {} },
    });
    await expect(ended).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect((await stat(join(folder, 'a/one.jar.part'))).size).toBe(50_000);
    expect(existsSync(join(folder, 'download.lock'))).toBe(false);
  });

  it.skipIf(!existsSync('/dev/full'))('says how much room a full disk lacks', async () => {
    await mkdir(join(folder, 'a'));
    symlinkSync('/dev/full', join(folder, 'a/one.jar.part'));
    await expect(ensure()).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining(`the disk of ${folder} is full: 600 kB are needed`) as unknown,
    });
  });

  it('asks for another folder when this one cannot be written', async () => {
    await writeFile(join(folder, 'a'), 'a file where a folder should be');
    await expect(ensure()).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  it('fetches each file once when two processes want them at the same time', async () => {
    await Promise.all([ensure(), ensure()]);
    expect(requests).toHaveLength(3);
  });

  it('tells how far it is, and ends the display', async () => {
    const updates: (readonly [number, number])[] = [];
    let stopped = 0;
    const progress = () => ({
      update: (done: number, bytes = 0) => void updates.push([done, bytes]),
      stop: () => void (stopped += 1),
    });
    await ensureDistribution(distribution, { folder, repository, progress, transfer: { env: {} } });
    expect(updates.at(-1)).toEqual([3, 600_000]);
    expect(stopped).toBe(1);
  });
});

describe('mavenRepository', () => {
  it.each([
    [undefined, 'https://repo.maven.apache.org/maven2'],
    ['', 'https://repo.maven.apache.org/maven2'],
    ['http://mirror.example/maven/', 'http://mirror.example/maven'],
  ])('%j gives %s', (value, expected) => {
    expect(mavenRepository({ RUBIN_ALERT_SIM_MAVEN_REPOSITORY: value })).toBe(expected);
  });
});

function ensure(transfer: { attempts?: number; silenceMs?: number } = {}): Promise<readonly string[]> {
  return ensureDistribution(distribution, {
    folder,
    repository,
    // Whatever proxy this machine has, the servers here are reached without it.
    transfer: { retryDelayMs: 1, env: {}, ...transfer },
  });
}

async function isWhole(path: string): Promise<boolean> {
  return (await readFile(join(folder, path))).equals(content.get(path) ?? Buffer.alloc(0));
}

async function writePart(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, `${path}.part`), bytes);
}

/** A well-behaved server: whole files, and ranges of them. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const bytes = content.get(request.url?.slice(1) ?? '') ?? Buffer.alloc(0);
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= bytes.length) response.writeHead(416).end();
  else if (start === 0) response.end(bytes);
  else {
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-range': range }).end(bytes.subarray(start));
  }
}
