import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../fileErrors.js';
import { AlertSimError } from '../errors.js';
import { createAlertScanner, createIdReader, type AlertScanner, type ScannedAlert } from './alertScanner.js';
import type { NamedFields } from './alertSchema.js';
import { canonicalSchema, declaredTypes, parseAvroSchema } from './avroSchema.js';
import type { AvroType } from './avroType.js';
import { openContainer } from './container.js';
import { containerMagic } from './containerHeader.js';
import { rubinSchema, type KnownSchema } from './rubinSchemas.js';
import { AlertReader } from './sources/alertReader.js';
import { decodeBigLong, longEnd } from './varint.js';
import { unframeAlert, type UnframedAlert } from './wireFormat.js';

/** Description of a message's value in a line. */
export interface DescribedValue {
  /** Undefined where the value is not a framed alert. */
  readonly id: bigint | string | undefined;
  /** Number of earlier detections; undefined where the schema at hand is not the writer's. */
  readonly historyLength: number | undefined;
  /** What was detected: the survey's own field, and its value. */
  readonly object?: { readonly field: string; readonly id: bigint | string } | undefined;
}

/** An alert, and how it was read. */
interface Described {
  readonly alert: ScannedAlert;
  readonly scanner: AlertScanner;
}

/**
 * Describes alerts in messages: framed ones by the schema of their id, whole containers, and bare records of a
 * schema that was named. In every version of Rubin's schema the first field is the alert's id, so it can be read
 * from a frame even without the right schema; the history cannot.
 */
export class AlertDescriber {
  readonly #named: AlertScanner | undefined;
  readonly #schemaOf: SchemaLookUp;
  readonly #byId = new Map<number, AlertScanner | undefined>();
  readonly #reader = new AlertReader();
  readonly #objects = new Map<AvroType, ReturnType<typeof createIdReader> | undefined>();

  /**
   * @param named - for alerts of any id
   * @param schemaOf - asked before Rubin's own table
   */
  constructor(named?: AlertScanner, schemaOf: SchemaLookUp = () => Promise.resolve(undefined)) {
    this.#named = named;
    this.#schemaOf = schemaOf;
  }

  async describe(value: Buffer): Promise<DescribedValue> {
    const unframed = unframeAlert(value);
    const found =
      (unframed && (await this.#framed(unframed))) ??
      described(this.#named, value) ??
      (await this.#container(value));
    if (found !== undefined) {
      const { id, historyLength } = found.alert;
      return { id, historyLength, object: this.#objectOf(found) };
    }
    return { id: unframed && firstLong(unframed.avro), historyLength: undefined };
  }

  async #framed({ schemaId, avro }: UnframedAlert): Promise<Described | undefined> {
    if (this.#named !== undefined) return described(this.#named, avro);
    // Reservoirs of earlier versions have the id 1 before alerts of 11.0.
    return (
      described(await this.#scannerOf(schemaId), avro) ??
      described(await this.#scannerOf(newestSchemaId), avro)
    );
  }

  #objectOf({ alert, scanner }: Described): DescribedValue['object'] {
    const { schema, layout } = scanner;
    if (layout.objectPath === undefined) return undefined;
    let read = this.#objects.get(schema);
    if (read === undefined) {
      read = createIdReader(schema, layout.objectPath);
      this.#objects.set(schema, read);
    }
    const id = read(alert.avro);
    // Rubin writes 0 where a detection belongs to a solar-system body.
    return id === undefined || id === 0n ? undefined : { field: layout.objectPath.at(-1) ?? '', id };
  }

  async #scannerOf(schemaId: number): Promise<AlertScanner | undefined> {
    if (!this.#byId.has(schemaId)) {
      const schema = (await this.#schemaOf(schemaId)) ?? rubinSchema(schemaId);
      this.#byId.set(schemaId, schema && scannerOf(schema, schemaId));
    }
    return this.#byId.get(schemaId);
  }

  async #container(value: Buffer): Promise<Described | undefined> {
    if (!value.subarray(0, containerMagic.length).equals(containerMagic)) return undefined;
    try {
      for await (const alert of this.#reader.alertsOfMessage(value)) return { alert, scanner: alert.scanner };
    } catch (thrown) {
      if (!(thrown instanceof AlertSimError)) throw thrown;
    }
    return undefined;
  }
}

function described(scanner: AlertScanner | undefined, avro: Buffer): Described | undefined {
  const alert = scanner?.describe(avro);
  return alert === undefined || scanner === undefined ? undefined : { alert, scanner };
}

/** Undefined for a registered schema that is not that of alerts. */
function scannerOf({ type }: KnownSchema, schemaId: number): AlertScanner | undefined {
  try {
    return createAlertScanner(type, `the schema ${schemaId}`);
  } catch {
    return undefined;
  }
}

/** The schema of an id; undefined where it is not known. */
export type SchemaLookUp = (schemaId: number) => Promise<KnownSchema | undefined>;

/** Of synthetic alerts. */
const newestSchemaId = 1100;

/**
 * Reads a schema of alerts from a JSON file, or from a container. Rubin publishes a file per record, and
 * these refer to each other: what a schema does not declare is looked for in the `.avsc` files beside it,
 * whatever their names.
 *
 * @throws `BAD_INPUT_FILE` when the file is neither
 */
export async function schemaFromFile(path: string): Promise<KnownSchema> {
  if (/\.(avsc|json)$/.test(path)) {
    const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
      const fix = 'name an .avsc file, or a container';
      throw fileError(thrown, { task: `read the schema ${path}`, code: 'BAD_INPUT_FILE', fix });
    });
    const type = parseAvroSchema(text, path, await typesBeside(path));
    // Canonical: what other files declare is in it.
    return { text: canonicalSchema(type), type };
  }
  const container = await openContainer(path);
  await container.close();
  return { text: container.schemaText, type: container.schema };
}

/**
 * Reads a schema as {@link schemaFromFile} does, for scanning alerts.
 *
 * @throws `BAD_INPUT_FILE` when the file has no schema, or its records have no time
 */
export async function scannerFromFile(path: string, fields?: NamedFields): Promise<AlertScanner> {
  return createAlertScanner((await schemaFromFile(path)).type, path, fields);
}

/** What the `.avsc` files of a schema's folder declare; a file that cannot be read declares nothing. */
export async function typesBeside(path: string): Promise<ReadonlyMap<string, unknown>> {
  const folder = dirname(path);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.avsc'));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8').catch(() => '')));
  return new Map(texts.flatMap(declaredTypes));
}

function firstLong(avro: Buffer): bigint | undefined {
  const end = longEnd(avro, 0);
  return end < 0 ? undefined : decodeBigLong(avro, 0, end);
}
