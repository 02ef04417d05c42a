import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, errors, request } from 'undici';
import { AlertSimError, messageOf } from '../errors.js';
import { fileError } from '../fileErrors.js';
import { bytesForm, schemaFault } from './avroText.js';

/** A schema registry, and how to log in there. */
export interface RegistryTarget {
  /** May have `user:password@` before its host. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM file of the authority of its certificate. */
  readonly ca?: string | undefined;
}

export interface ClientRules {
  /** Of one request. */
  readonly timeoutMs: number;
  /** After an answer of 500 or more, and before each further try. */
  readonly pausesMs: readonly number[];
}

const usualRules: ClientRules = { timeoutMs: 10_000, pausesMs: [200, 1000, 3000] };

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * A client of a schema registry with Confluent's REST API: it looks schemas up and registers them.
 *
 * Each method throws one sentence: `BAD_USAGE` for an address or login that is wrong, `SERVICE_UNAVAILABLE` for
 * a registry that is down, slow or fails, or is something else.
 */
export class RegistryClient {
  /** Without credentials. */
  readonly place: string;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;
  readonly #rules: ClientRules;

  constructor(target: RegistryTarget, rules: ClientRules = usualRules) {
    const url = URL.canParse(target.url) ? new URL(target.url) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new AlertSimError(
        'BAD_USAGE',
        'the address of the schema registry must start with http:// or https:// and a host, such as http://localhost:8081',
      );
    }
    const user = target.user ?? decodeURIComponent(url.username);
    const password = target.password ?? decodeURIComponent(url.password);
    this.place = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
    this.#base = this.place;
    const basic = Buffer.from(`${user}:${password}`).toString('base64');
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...(user === '' ? {} : { authorization: `Basic ${basic}` }),
    };
    const ca = target.ca === undefined || target.ca === '' ? undefined : readCa(target.ca);
    this.#agent = new Agent({ connect: { timeout: rules.timeoutMs, ...(ca === undefined ? {} : { ca }) } });
    this.#rules = rules;
  }

  /** The text of a schema; undefined for an id that the registry doesn't know. */
  async schema(id: number): Promise<string | undefined> {
    const { status, body } = await this.#ask('GET', `/schemas/ids/${id}`);
    if (status === 404) return undefined;
    return this.#field(body, 'schema', 'string', `/schemas/ids/${id}`);
  }

  /**
   * The id that alerts of a schema have in this registry: the one that they have anyway, if the registry has
   * the same schema under it; else that of the same schema under the subject; else a new one.
   */
  async idOf({ text, ownId }: { text: string; ownId: number }, subject: string): Promise<number> {
    const there = await this.schema(ownId);
    if (there !== undefined && bytesForm(there) === bytesForm(text)) return ownId;
    // What readers of files let pass, such as a type that is declared twice, no registry takes.
    const schema = schemaFault(text) === undefined ? text : bytesForm(text);
    const path = `/subjects/${encodeURIComponent(subject)}`;
    const known = await this.#ask('POST', path, { schema });
    if (known.status === 200) return this.#field(known.body, 'id', 'number', path);
    const registered = await this.#ask('POST', `${path}/versions`, { schema });
    if (registered.status === 200) return this.#field(registered.body, 'id', 'number', path);
    const { message } = registered.body;
    const said = typeof message === 'string' ? message : `it answered ${registered.status}`;
    throw new AlertSimError(
      'SERVICE_UNAVAILABLE',
      `the schema registry at ${this.place} has no schema of these alerts and takes none under ${subject}: ${said}; ` +
        'register the schema there, or give its id with --schema-id (reservoir.schemaId in a scenario)',
    );
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  /** Answers of 200, 403, 404, 405, 409 and 422 are for the caller. */
  async #ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      const { status, text } = await this.#send(method, path, body);
      const pauseMs = this.#rules.pausesMs[attempt];
      if ((status >= 500 || status === 429) && pauseMs !== undefined) {
        await wait(pauseMs);
        continue;
      }
      const parsed = parsedBody(text);
      if (status === 401) {
        throw new AlertSimError(
          'SERVICE_UNAVAILABLE',
          `the schema registry at ${this.place} ${this.#headers.authorization === undefined ? 'wants a user name and password' : 'refused the user or the password'}: ` +
            'give them with registry.user and registry.password in a scenario, or SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD',
        );
      }
      if (status >= 500 || status === 429) {
        const said = typeof parsed?.message === 'string' ? `: ${parsed.message}` : '';
        throw this.#unavailable(`fails with ${status}${said}`, 'look into its log');
      }
      if (parsed !== undefined) return { status, body: parsed };
      // A proxy in front of a registry rejects with a page of its own.
      if (status === 403 || status === 405) return { status, body: { message: `it answered ${status}` } };
      throw this.#notRegistry(path, status, text);
    }
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
  ): Promise<{ status: number; text: string }> {
    const { timeoutMs } = this.#rules;
    try {
      const { statusCode, body: answer } = await request(`${this.#base}${path}`, {
        method,
        headers: this.#headers,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: statusCode, text: await answer.text() };
    } catch (thrown) {
      const isSlow =
        (thrown instanceof Error && thrown.name === 'TimeoutError') ||
        thrown instanceof errors.ConnectTimeoutError;
      if (isSlow)
        throw this.#unavailable(
          `did not answer within ${timeoutMs / 1000} s`,
          'look whether it is overloaded',
        );
      throw this.#unavailable(
        `cannot be reached (${reasonOf(thrown)})`,
        'start it, or correct its address in --registry, registry.url or SCHEMA_REGISTRY_URL',
        thrown,
      );
    }
  }

  #field<Kind extends 'string' | 'number'>(
    body: Answer['body'],
    key: string,
    kind: Kind,
    path: string,
  ): Kind extends 'string' ? string : number {
    const value = body[key];
    if (typeof value === kind) return value as Kind extends 'string' ? string : number;
    throw this.#notRegistry(path, 200, JSON.stringify(body));
  }

  #notRegistry(path: string, status: number, text: string): AlertSimError {
    const what = /^\s*</.test(text)
      ? 'HTML'
      : text.trim() === ''
        ? 'nothing'
        : 'something else than its JSON';
    return new AlertSimError(
      'SERVICE_UNAVAILABLE',
      `${this.place} is not a schema registry: it answered ${path} with ${what} (status ${status}); correct its address`,
    );
  }

  #unavailable(what: string, fix: string, cause?: unknown): AlertSimError {
    return new AlertSimError(
      'SERVICE_UNAVAILABLE',
      `the schema registry at ${this.place} ${what}: ${fix}`,
      cause,
    );
  }
}

function parsedBody(text: string): Answer['body'] | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Answer['body']) : undefined;
  } catch {
    return undefined;
  }
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const task = `read the certificate authority ${path} of the schema registry`;
    throw fileError(thrown, { task, code: 'BAD_INPUT_FILE', fix: 'correct registry.ca' });
  }
}

function reasonOf(thrown: unknown): string {
  const { code } = thrown as { readonly code?: unknown };
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host name is unknown';
  const message = messageOf(thrown);
  if (typeof code === 'string' && /CERT|SIGNED|ISSUER/.test(code))
    return `${message}; name its certificate authority with registry.ca or NODE_EXTRA_CA_CERTS`;
  return message === '' ? String(code) : message;
}
