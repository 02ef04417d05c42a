import { AlertSimError } from '../../errors.js';
import type { AvroType } from '../avroType.js';
import { lengthEnd, noBranch, readLength } from '../recordBytes.js';
import { compileScanner } from '../recordScanner.js';
import { encodeLong } from '../varint.js';

/** Adds a value to the parts of a record, and returns the position after it. */
type Copier = (bytes: Buffer, at: number, parts: Buffer[]) => number;

const cutoutName = /^cutout/i;
const nothing = encodeLong(0);

/**
 * Makes a function that takes the images out of alerts of a schema: a cutout becomes null where the schema allows
 * it, and empty otherwise, so that the schema stays the same.
 *
 * @throws `BAD_INPUT_FILE` for a schema without cutouts
 */
export function cutoutStripper(schema: AvroType, place: string): (avro: Buffer) => Buffer {
  const fields = schema.kind === 'record' ? schema.fields : [];
  if (!fields.some(({ name }) => cutoutName.test(name)))
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${place}: its alerts have no cutouts: no field of the record begins with "cutout"`,
    );
  const copiers = fields.map(({ name, type }) => (cutoutName.test(name) ? emptied(type) : copied(type)));
  return (avro) => {
    const parts: Buffer[] = [];
    let at = 0;
    for (const copy of copiers) at = copy(avro, at, parts);
    return Buffer.concat(parts);
  };
}

function copied(type: AvroType): Copier {
  const { scan } = compileScanner(type, []);
  return (bytes, at, parts) => {
    const end = scan(bytes, at);
    parts.push(bytes.subarray(at, end));
    return end;
  };
}

/** Without what may be an image: bytes, also those in records, such as ZTF's cutouts with file names. */
function emptied(type: AvroType): Copier {
  switch (type.kind) {
    case 'bytes':
      return replaced(type, nothing);
    case 'array':
    case 'map':
      return replaced(type, nothing);
    case 'union':
      return emptiedUnion(type.branches, type);
    case 'record': {
      const copiers = type.fields.map((field) => emptied(field.type));
      return (bytes, start, parts) => copiers.reduce((at, copy) => copy(bytes, at, parts), start);
    }
    default:
      return copied(type);
  }
}

function emptiedUnion(branches: readonly AvroType[], union: AvroType): Copier {
  const nullBranch = branches.findIndex(({ kind }) => kind === 'null');
  if (nullBranch >= 0) return replaced(union, encodeLong(nullBranch));
  const copiers = branches.map(emptied);
  return (bytes, at, parts) => {
    const copy = copiers[readLength(bytes, at)];
    if (copy === undefined) throw noBranch(bytes, at);
    const start = lengthEnd(bytes, at);
    parts.push(bytes.subarray(at, start));
    return copy(bytes, start, parts);
  };
}

function replaced(type: AvroType, by: Buffer): Copier {
  const { scan } = compileScanner(type, []);
  return (bytes, at, parts) => {
    parts.push(by);
    return scan(bytes, at);
  };
}
