import { schemaIdOf, schemaVersion } from '../alerts/alertSchema.js';
import { RegistryFault } from './answers.js';
import { bytesForm, schemaFault, schemaName, wholeForm } from './avroText.js';
import { incompatibilities, type CompatibilityLevel } from './compatibility.js';

export const registryModes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT'] as const;

export type RegistryMode = (typeof registryModes)[number];

/** What a client keeps with a version, such as `{"properties": {"owner": "me"}}`. */
export type Metadata = Readonly<Record<string, unknown>>;

/** A schema under a subject. */
export interface SubjectSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
  readonly metadata?: Metadata | undefined;
}

/** A schema with the places that it is to have, whatever is there already. */
export interface GivenSchema {
  /** Undefined for a free one. */
  readonly id: number | undefined;
  readonly schema: string;
  readonly versions: readonly { readonly subject: string; readonly version: number }[];
}

/** What outlives a restart: all that was registered or set, and nothing of what was given. */
export interface SavedStore {
  /** Ids of deleted schemas aren't given away again: there may be streams with them. */
  readonly nextId: number;
  readonly schemas: readonly { readonly id: number; readonly schema: string }[];
  readonly versions: readonly {
    readonly subject: string;
    readonly version: number;
    readonly id: number;
    readonly deleted: boolean;
    readonly metadata?: Metadata | undefined;
  }[];
  readonly compatibility: Readonly<Record<string, CompatibilityLevel>>;
  readonly modes: Readonly<Record<string, RegistryMode>>;
}

interface Version {
  readonly version: number;
  readonly id: number;
  readonly metadata?: Metadata | undefined;
  deleted: boolean;
  readonly isGiven: boolean;
}

/** Where a client wants a schema to be. */
export interface Wanted {
  readonly id?: number;
  readonly version?: number;
  readonly metadata?: Metadata | undefined;
}

/** Ids up to 9,999 are Rubin's, major · 100 + minor; those of surveys that come along follow. */
export const firstFreeId = 20_001;

const everything = '';

/**
 * Subjects, versions and ids of a schema registry. An id belongs to one schema; under each subject it has at
 * most one version. Deleted versions stay, hidden, until they are deleted permanently.
 */
export class SchemaStore {
  readonly #schemas = new Map<number, string>();
  readonly #idOfForm = new Map<string, number>();
  readonly #subjects = new Map<string, Version[]>();
  readonly #compatibility = new Map<string, CompatibilityLevel>();
  readonly #modes = new Map<string, RegistryMode>();
  readonly #givenIds = new Set<number>();
  #nextId: number;

  constructor(saved?: SavedStore) {
    this.#nextId = saved?.nextId ?? firstFreeId;
    for (const { id, schema } of saved?.schemas ?? []) this.#keep(id, schema);
    for (const { subject, ...version } of saved?.versions ?? []) {
      this.#place(subject, { ...version, isGiven: false });
    }
    for (const [subject, level] of Object.entries(saved?.compatibility ?? {})) {
      this.#compatibility.set(subject, level);
    }
    for (const [subject, mode] of Object.entries(saved?.modes ?? {})) this.#modes.set(subject, mode);
  }

  /**
   * Adds a schema that comes along or from a file. One that was registered under its id before stays, because
   * streams were written with it.
   */
  give({ id: wanted, schema, versions }: GivenSchema): void {
    const id = wanted ?? this.#idOfForm.get(wholeForm(schema)) ?? this.#newId(schema);
    if (!this.#schemas.has(id)) {
      this.#keep(id, schema);
      this.#givenIds.add(id);
    }
    for (const { subject, version } of versions) {
      if (this.#versionsOf(subject).some((one) => one.version === version)) continue;
      this.#place(subject, { version, id, deleted: false, isGiven: true });
    }
  }

  saved(): SavedStore {
    const versions = [...this.#subjects].flatMap(([subject, all]) =>
      all
        .filter(({ isGiven }) => !isGiven)
        .map(({ version, id, deleted, metadata }) => ({ subject, version, id, deleted, metadata })),
    );
    const used = new Set(versions.map(({ id }) => id));
    return {
      nextId: this.#nextId,
      schemas: [...this.#schemas]
        .filter(([id]) => used.has(id) || !this.#givenIds.has(id))
        .map(([id, schema]) => ({ id, schema })),
      versions,
      compatibility: Object.fromEntries(this.#compatibility),
      modes: Object.fromEntries(this.#modes),
    };
  }

  subjects(deleted: 'without' | 'with' | 'only', prefix = ''): readonly string[] {
    return [...this.#subjects]
      .filter(([subject, versions]) => {
        const isDeleted = versions.every((one) => one.deleted);
        return subject.startsWith(prefix) && (deleted === 'with' || isDeleted === (deleted === 'only'));
      })
      .map(([subject]) => subject)
      .sort();
  }

  /** @throws 40401 */
  versions(subject: string, withDeleted: boolean): readonly number[] {
    const shown = this.#versionsOf(subject).filter(({ deleted }) => withDeleted || !deleted);
    if (shown.length === 0) throw subjectNotFound(subject);
    return shown.map(({ version }) => version);
  }

  /** @throws 40401, 40402 */
  schemaOf(subject: string, version: number | 'latest', withDeleted: boolean): SubjectSchema {
    const numbers = this.versions(subject, withDeleted);
    const wanted = version === 'latest' ? numbers.at(-1) : version;
    const found = this.#versionsOf(subject).find((one) => one.version === wanted);
    if (found === undefined || !numbers.includes(found.version)) throw versionNotFound(version);
    return this.#shown(subject, found);
  }

  /** The text of a schema; undefined for an unknown id. */
  schema(id: number): string | undefined {
    return this.#schemas.get(id);
  }

  maxId(): number {
    return Math.max(0, ...this.#schemas.keys());
  }

  size(): number {
    return this.#schemas.size;
  }

  /** Where a schema is registered. @throws 40403 */
  placesOf(id: number, withDeleted: boolean): readonly SubjectSchema[] {
    if (!this.#schemas.has(id)) throw schemaNotFound(String(id));
    return this.all(withDeleted).filter((place) => place.id === id);
  }

  all(withDeleted: boolean): readonly SubjectSchema[] {
    return [...this.#subjects]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([subject, versions]) =>
        versions
          .filter(({ deleted }) => withDeleted || !deleted)
          .map((version) => this.#shown(subject, version)),
      );
  }

  /** The version of a subject that has this very schema. @throws 40401, 40403, 42201 */
  lookUp(subject: string, schema: string, withDeleted: boolean): SubjectSchema {
    requireSchema(schema);
    this.versions(subject, withDeleted);
    const found = this.#sameIn(subject, schema, withDeleted);
    if (found === undefined) throw new RegistryFault('schemaNotFound', 'Schema not found');
    return this.#shown(subject, found);
  }

  /**
   * Registers a schema under a subject, and returns its id: that of the same schema elsewhere, a new one, or, in
   * the mode IMPORT, the one that is wanted.
   *
   * @throws 409, 42201, 42205
   */
  register(subject: string, schema: string, wanted: Wanted = {}): number {
    requireSchema(schema);
    const mode = this.mode(subject) ?? this.mode();
    if (mode === 'READONLY' || mode === 'READONLY_OVERRIDE')
      throw new RegistryFault('notPermitted', `Subject ${subject} is in read-only mode`);
    if (wanted.id !== undefined) {
      if (mode !== 'IMPORT')
        throw new RegistryFault('notPermitted', `Subject ${subject} is not in import mode`);
      return this.#import(subject, schema, { ...wanted, id: wanted.id });
    }
    const known = this.#sameIn(subject, schema, false);
    if (known !== undefined) return known.id;
    const visible = this.#versionsOf(subject).filter(({ deleted }) => !deleted);
    const faults = incompatibilities(
      this.compatibility(subject) ?? this.compatibility(),
      schema,
      visible.map(({ id }) => this.#text(id)),
    );
    if (faults.length > 0) {
      const what = `Schema being registered is incompatible with an earlier schema for subject "${subject}"`;
      throw new RegistryFault('incompatible', `${what}, details: [${faults.join('; ')}]`);
    }
    const id = this.#idOfForm.get(wholeForm(schema)) ?? this.#newId(schema);
    this.#keep(id, schema);
    const next = this.#nextVersion(subject);
    const { metadata } = wanted;
    const version = Math.max(next, wanted.version ?? next);
    this.#place(subject, { version, id, metadata, deleted: false, isGiven: false });
    return id;
  }

  /** What keeps a schema from being registered under a subject. @throws 40401, 40402, 42201 */
  incompatibilities(
    subject: string,
    schema: string,
    version: number | 'latest' | undefined,
  ): readonly string[] {
    requireSchema(schema);
    const level = this.compatibility(subject) ?? this.compatibility();
    if (version !== undefined)
      return incompatibilities(level, schema, [this.schemaOf(subject, version, false).schema]);
    const versions = this.#versionsOf(subject).filter(({ deleted }) => !deleted);
    return incompatibilities(
      level,
      schema,
      versions.map(({ id }) => this.#text(id)),
    );
  }

  /** Deletes a version; permanently only after a deletion that isn't. @throws 40401, 40402, 40406, 40407 */
  deleteVersion(subject: string, version: number | 'latest', permanently: boolean): number {
    const { version: number } = this.schemaOf(subject, version, true);
    const found = this.#versionsOf(subject).find((one) => one.version === number);
    if (found === undefined) throw versionNotFound(version);
    const which = `Subject '${subject}' Version ${number}`;
    if (permanently && !found.deleted)
      throw new RegistryFault(
        'versionNotDeleted',
        `${which} was not deleted first before being permanently deleted`,
      );
    if (!permanently && found.deleted)
      throw new RegistryFault(
        'versionDeleted',
        `${which} was soft deleted. Set permanent=true to delete permanently`,
      );
    this.#remove(subject, [found], permanently);
    return number;
  }

  /** Deletes all versions of a subject. @throws 40401, 40404, 40405 */
  deleteSubject(subject: string, permanently: boolean): readonly number[] {
    const numbers = this.versions(subject, true);
    const versions = this.#versionsOf(subject);
    const isDeleted = versions.every(({ deleted }) => deleted);
    if (permanently && !isDeleted)
      throw new RegistryFault(
        'subjectNotDeleted',
        `Subject '${subject}' was not deleted first before being permanently deleted`,
      );
    if (!permanently && isDeleted)
      throw new RegistryFault(
        'subjectDeleted',
        `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`,
      );
    const shown = permanently ? numbers : this.versions(subject, false);
    this.#remove(subject, versions, permanently);
    this.#compatibility.delete(subject);
    this.#modes.delete(subject);
    return shown;
  }

  compatibility(): CompatibilityLevel;
  compatibility(subject: string): CompatibilityLevel | undefined;
  compatibility(subject = everything): CompatibilityLevel | undefined {
    return this.#compatibility.get(subject) ?? (subject === everything ? 'NONE' : undefined);
  }

  /** @param subject - undefined for all that have none of their own */
  setCompatibility(level: CompatibilityLevel | undefined, subject = everything): void {
    setOrDelete(this.#compatibility, subject, level);
  }

  mode(): RegistryMode;
  mode(subject: string): RegistryMode | undefined;
  mode(subject = everything): RegistryMode | undefined {
    return this.#modes.get(subject) ?? (subject === everything ? 'READWRITE' : undefined);
  }

  /** @param subject - undefined for all that have none of their own */
  setMode(mode: RegistryMode | undefined, subject = everything): void {
    setOrDelete(this.#modes, subject, mode);
  }

  #import(subject: string, schema: string, { id, metadata, ...wanted }: Wanted & { id: number }): number {
    const { version = this.#nextVersion(subject) } = wanted;
    const known = this.#schemas.get(id);
    // A tool that leaves out what does not change bytes imports the same schema.
    if (known !== undefined && bytesForm(known) !== bytesForm(schema))
      throw new RegistryFault('notPermitted', `Overwrite new schema with id ${id} is not permitted.`);
    const there = this.#versionsOf(subject).find((one) => one.version === version);
    if (there !== undefined && there.id !== id)
      throw new RegistryFault(
        'notPermitted',
        `Version ${version} of subject ${subject} has the id ${there.id}`,
      );
    if (there !== undefined) there.deleted = false;
    else {
      this.#keep(id, schema);
      this.#place(subject, { version, id, metadata, deleted: false, isGiven: false });
    }
    return id;
  }

  #sameIn(subject: string, schema: string, withDeleted: boolean): Version | undefined {
    const form = wholeForm(schema);
    return this.#versionsOf(subject).findLast(
      ({ id, deleted }) => (withDeleted || !deleted) && wholeForm(this.#text(id)) === form,
    );
  }

  /** Rubin's own id, where the name has Rubin's version and the id is free. */
  #newId(schema: string): number {
    const version = schemaVersion(schemaName(schema) ?? '');
    const own = version === undefined ? undefined : schemaIdOf(version);
    if (own !== undefined && !this.#schemas.has(own)) return own;
    return this.#nextId;
  }

  #nextVersion(subject: string): number {
    return (this.#versionsOf(subject).at(-1)?.version ?? 0) + 1;
  }

  #keep(id: number, schema: string): void {
    if (this.#schemas.has(id)) return;
    this.#schemas.set(id, schema);
    if (id >= this.#nextId) this.#nextId = id + 1;
    const form = wholeForm(schema);
    if (!this.#idOfForm.has(form)) this.#idOfForm.set(form, id);
  }

  #place(subject: string, version: Version): void {
    const versions = [...this.#versionsOf(subject), version].sort((a, b) => a.version - b.version);
    this.#subjects.set(subject, versions);
  }

  #remove(subject: string, versions: readonly Version[], permanently: boolean): void {
    for (const version of versions) version.deleted = true;
    if (!permanently) return;
    const left = this.#versionsOf(subject).filter((one) => !versions.includes(one));
    if (left.length === 0) this.#subjects.delete(subject);
    else this.#subjects.set(subject, left);
    const used = new Set([...this.#subjects.values()].flat().map(({ id }) => id));
    for (const id of new Set(versions.map((one) => one.id))) {
      if (used.has(id)) continue;
      const form = wholeForm(this.#text(id));
      if (this.#idOfForm.get(form) === id) this.#idOfForm.delete(form);
      this.#schemas.delete(id);
    }
  }

  #versionsOf(subject: string): readonly Version[] {
    return this.#subjects.get(subject) ?? [];
  }

  #shown(subject: string, { version, id, metadata }: Version): SubjectSchema {
    return { subject, version, id, schema: this.#text(id), ...(metadata && { metadata }) };
  }

  #text(id: number): string {
    const text = this.#schemas.get(id);
    if (text === undefined) throw schemaNotFound(String(id));
    return text;
  }
}

function setOrDelete<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function requireSchema(schema: string): void {
  const fault = schemaFault(schema);
  if (fault === undefined) return;
  throw new RegistryFault('invalidSchema', `Invalid schema ${schema.slice(0, 200)}, details: ${fault}`);
}

function subjectNotFound(subject: string): RegistryFault {
  return new RegistryFault('subjectNotFound', `Subject '${subject}' not found.`);
}

function versionNotFound(version: number | 'latest'): RegistryFault {
  return new RegistryFault('versionNotFound', `Version ${version} not found.`);
}

/** Confluent's answer to an unknown id. */
export function schemaNotFound(id: string): RegistryFault {
  return new RegistryFault('schemaNotFound', `Schema ${id} not found`);
}
