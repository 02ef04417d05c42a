import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { basename, dirname } from 'node:path';
import { errors, ProxyAgent, request, type Dispatcher } from 'undici';
import { AlertSimError, messageOf } from '../errors.js';
import { makeFolders } from '../makeFolders.js';
import { proxyFor, withoutPassword, type Proxy } from './proxy.js';
import { pause, stopIfInterrupted } from './interruption.js';

export interface FileDownload {
  readonly url: string;
  /** Called `target.part` until it is complete and checked. */
  readonly target: string;
  readonly bytes: number;
  /** In lower-case hexadecimal digits. */
  readonly sha256: string;
}

export interface TransferOptions {
  /** Ends the transfer; what has arrived stays for the next time. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the size of every piece that arrives. */
  readonly onBytes?: ((count: number) => void) | undefined;
  /** How often to try without any progress; 5 by default. */
  readonly attempts?: number | undefined;
  /** Before the second attempt; it doubles each time. 500 by default. */
  readonly retryDelayMs?: number | undefined;
  /** How long a connection may stay silent; 30,000 by default. */
  readonly silenceMs?: number | undefined;
  /** For proxies; that of this process by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Fetches one file over HTTP: continues an earlier transfer that was cut, tries again after network errors,
 * and puts the file in place only when its checksum is right.
 *
 * @throws `DOWNLOAD_FAILED` when the server has no such file, cannot be reached, or serves other content;
 * `INTERRUPTED`. Errors of the file system pass through.
 */
export async function downloadFile(file: FileDownload, options: TransferOptions = {}): Promise<void> {
  const { attempts = 5, retryDelayMs = 500, env = process.env } = options;
  const route = routeTo(file.url, env);
  const part = `${file.target}.part`;
  await makeFolders(dirname(file.target));
  for (let failures = 0; ;) {
    const startBytes = await sizeOf(part);
    try {
      if (startBytes < file.bytes) await transfer(file, part, startBytes, route, options);
      if (await completed(file, part)) return;
      if (startBytes === 0) throw wrongContent(file);
      // A part of an earlier run may have been damaged meanwhile: only a whole transfer proves the server
      // wrong.
    } catch (thrown) {
      stopIfInterrupted(options.signal, `${basename(file.target)} was not downloaded completely`);
      if (!(thrown instanceof NetworkError)) throw thrown;
      failures = (await sizeOf(part)) > startBytes ? 1 : failures + 1;
      if (failures >= attempts || thrown.isFinal) throw unreachable(file, thrown, route);
      await pause(retryDelayMs * 2 ** (failures - 1), options.signal);
      stopIfInterrupted(options.signal, `${basename(file.target)} was not downloaded completely`);
    }
  }
}

/** The SHA-256 of a file in lower-case hexadecimal digits; undefined where there is no file. */
export async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
  return hash.digest('hex');
}

/** A problem between the server and us that may be gone the next time, unless it is final. */
class NetworkError extends Error {
  readonly isFinal: boolean;

  constructor(message: string, { cause, isFinal = false }: { cause?: unknown; isFinal?: boolean } = {}) {
    super(message, { cause });
    this.isFinal = isFinal;
  }
}

/** How a server is reached: directly, or through a proxy. Node's own fetch ignores proxies before Node 24. */
interface Route {
  readonly proxy: Proxy | undefined;
  readonly dispatcher: Dispatcher | undefined;
}

/** One for each proxy, so that its connections are reused. */
const agents = new Map<string, Dispatcher>();

function routeTo(address: string, env: NodeJS.ProcessEnv): Route {
  const url = new URL(address);
  const proxy = proxyFor(url, env);
  if (proxy === undefined) return { proxy, dispatcher: undefined };
  if (proxy.url === undefined || !/^https?:$/.test(proxy.url.protocol)) {
    throw new AlertSimError(
      'BAD_USAGE',
      `the environment variable ${proxy.variable} does not name an HTTP proxy: write it like ` +
        'http://proxy.example.org:3128, with user:password@ before the host where it wants them',
    );
  }
  // A request without TLS goes to the proxy itself: many allow no tunnel to port 80.
  const proxyTunnel = url.protocol === 'https:';
  const key = `${proxy.url.href} ${proxyTunnel}`;
  const dispatcher = agents.get(key) ?? new ProxyAgent({ uri: proxy.url.href, proxyTunnel });
  agents.set(key, dispatcher);
  return { proxy, dispatcher };
}

async function transfer(
  file: FileDownload,
  part: string,
  startBytes: number,
  { dispatcher, proxy }: Route,
  { signal, onBytes, silenceMs = 30_000 }: TransferOptions,
): Promise<void> {
  const response = await request(file.url, {
    headers: startBytes > 0 ? { range: `bytes=${startBytes}-` } : {},
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    maxRedirections: 5,
    ...(signal === undefined ? {} : { signal }),
    ...(dispatcher === undefined ? {} : { dispatcher }),
  }).catch((thrown: unknown) => {
    throw networkError(thrown, silenceMs);
  });
  // A body that is not read to its end emits an error when it is destroyed.
  const body = response.body.on('error', () => undefined);
  try {
    const resumed = checkedStatus(file, response, startBytes, proxy);
    const pieces = response.statusCode < 300 ? piecesOf(body, silenceMs) : [];
    await writeBody(file, part, resumed ? startBytes : 0, pieces, onBytes);
  } finally {
    body.destroy();
  }
}

async function* piecesOf(body: AsyncIterable<Uint8Array>, silenceMs: number): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) yield piece;
  } catch (thrown) {
    throw networkError(thrown, silenceMs);
  }
}

async function writeBody(
  file: FileDownload,
  part: string,
  startBytes: number,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onBytes: TransferOptions['onBytes'],
): Promise<void> {
  let arrived = startBytes;
  const output = await open(part, startBytes > 0 ? 'a' : 'w');
  try {
    for await (const piece of pieces) {
      await output.appendFile(piece);
      onBytes?.(piece.length);
      arrived += piece.length;
      // More than there should be: the checksum will notice.
      if (arrived > file.bytes) return;
    }
  } finally {
    await output.close();
  }
  if (arrived < file.bytes) throw new NetworkError(`only ${arrived} of ${file.bytes} bytes arrived`);
}

/** Whether the answer continues our part; throws for answers without a file. */
function checkedStatus(
  file: FileDownload,
  { statusCode, headers }: Dispatcher.ResponseData,
  startBytes: number,
  proxy: Route['proxy'],
): boolean {
  if (statusCode === 206) return String(headers['content-range']).startsWith(`bytes ${startBytes}-`);
  // 416 means that the part has no continuation: begin again.
  if (statusCode < 300 || statusCode === 416) return false;
  const status = `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trim();
  if (statusCode >= 500 || statusCode === 408 || statusCode === 429) {
    throw new NetworkError(`the server answered ${status}`);
  }
  throw new AlertSimError(
    'DOWNLOAD_FAILED',
    `cannot download ${file.url}: ${proxy === undefined ? 'the server' : `the server, or the proxy of ${proxy.variable},`} answered ${status}. ${otherRepository}`,
  );
}

async function completed(file: FileDownload, part: string): Promise<boolean> {
  if ((await sha256Of(part)) === file.sha256) {
    await rename(part, file.target);
    return true;
  }
  await rm(part, { force: true });
  return false;
}

function networkError(cause: unknown, silenceMs: number): NetworkError {
  const error = (message: string, isFinal: boolean): NetworkError =>
    new NetworkError(message, { cause, isFinal });
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError)
    return error(`the server was silent for ${silenceMs / 1000} s`, false);
  const message = messageOf(cause);
  // undici reports a proxy's answer as `Proxy response (407) !== 200 when HTTP Tunneling`, and without a tunnel as
  // `Proxy Authentication Required (407)`.
  const status = /^Proxy \w.*?\((\d+)\)/.exec(message)?.[1];
  if (status === '407') return error('it wants a user name and password', true);
  if (status !== undefined) return error(`it answered ${status} instead of connecting`, status < '500');
  const { code } = cause as { readonly code?: unknown };
  if (typeof code === 'string' && untrusted.has(code)) {
    const fix = "let NODE_EXTRA_CA_CERTS name the PEM file of your network's certificate authority";
    return error(`${message} (where something in between opens TLS, ${fix})`, true);
  }
  return error(message === '' ? String(code) : message, false);
}

const untrusted: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw thrown;
  }
}

const otherRepository =
  'Another Maven repository can be named in the environment variable RUBIN_ALERT_SIM_MAVEN_REPOSITORY';

function wrongContent(file: FileDownload): AlertSimError {
  return new AlertSimError(
    'DOWNLOAD_FAILED',
    `${file.url} does not have the checksum ${file.sha256} that it must have; what arrived was deleted. ` +
      `Something between here and the server changes files. ${otherRepository}`,
  );
}

function unreachable(file: FileDownload, cause: Error, { proxy }: Route): AlertSimError {
  if (proxy !== undefined) {
    return new AlertSimError(
      'DOWNLOAD_FAILED',
      `cannot download ${file.url} through the proxy ${withoutPassword(proxy.url)} of the environment variable ` +
        `${proxy.variable}: ${cause.message}. Correct or unset ${proxy.variable} (http://user:password@host:port), or ` +
        'name hosts to be reached directly in NO_PROXY; what has arrived is kept',
      cause,
    );
  }
  return new AlertSimError(
    'DOWNLOAD_FAILED',
    `cannot download ${file.url}: ${cause.message}. Check the network; what has arrived is kept. ${otherRepository}`,
    cause,
  );
}
