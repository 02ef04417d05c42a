import { open, readFile, readdir, stat } from 'node:fs/promises';
import { alertFaults } from '../coordinator/alertFacts.js';
import { AlertSimError } from '../errors.js';
import { fileError } from '../fileErrors.js';
import { formatBytes, formatCount, formatCounted } from '../report/format.js';
import { ownFile } from '../ownCommand.js';
import { formatFaults, type Fault } from '../scenario/scenarioFaults.js';
import { parseScenario } from '../scenario/parseScenario.js';
import type { Plan } from '../scenario/plan.js';
import type { CommandContext } from './context.js';

/** No scenario is nearly as large; a file of alerts or of intervals soon is. */
const mostBytes = 1024 * 1024;

/** A file that was not meant to be a scenario should not fill a screen with faults. */
const shownFaults = 20;

/**
 * Reads a scenario file.
 *
 * @param overrides - from `--set`
 * @throws `BAD_SCENARIO` with all faults, or with what the file is instead
 */
export async function readScenario(
  file: string,
  overrides: readonly string[],
  { log }: CommandContext,
): Promise<Plan> {
  const text = await textOf(file);
  const result = parseScenario(text, { fileName: file, environment: process.env, overrides });
  const faults = result.ok
    ? alertFaults(result.plan).map(({ path, message }) => ({ ...result.placeOf(path), message }))
    : result.faults;
  if (!result.ok || faults.length > 0)
    throw new AlertSimError(
      'BAD_SCENARIO',
      `${file} has ${formatCounted(faults.length, 'fault')}:\n${faultLines(faults)}`,
    );
  if (result.warnings.length > 0) log.warning('run', formatFaults(result.warnings));
  return result.plan;
}

function faultLines(faults: readonly Fault[]): string {
  const more = faults.length - shownFaults;
  const shown = formatFaults(faults.slice(0, shownFaults));
  return more > 0 ? `${shown}\nand ${formatCount(more)} more` : shown;
}

async function textOf(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    const fault = await otherThanText(file);
    if (fault !== undefined) throw notAScenario(file, fault);
    bytes = await readFile(file);
  } catch (thrown) {
    const fix = `ready ones are in ${ownFile('scenarios')}`;
    throw fileError(thrown, { task: `read the scenario ${file}`, code: 'BAD_SCENARIO', fix });
  }
  const fault = otherThanScenario(bytes);
  if (fault !== undefined) throw notAScenario(file, fault);
  return bytes.toString('utf8');
}

/** What a path is if it is not worth reading; a pipe may well contain a scenario, and is opened only once. */
async function otherThanText(path: string): Promise<string | undefined> {
  const found = await stat(path);
  if (found.isDirectory()) {
    return (await readdir(path)).includes('manifest.json')
      ? 'it is the folder of a run: show that with report or compare, or name the YAML file that it was run with'
      : 'it is a folder: name a YAML file in it';
  }
  if (!found.isFile() || found.size <= mostBytes) return undefined;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return (
      otherThanScenario(buffer.subarray(0, bytesRead)) ??
      `it has ${formatBytes(found.size)}, which no scenario has: name a YAML file`
    );
  } finally {
    await file.close();
  }
}

/**
 * What a file that is not a scenario is, by its content, as half a sentence with the fix; undefined for what
 * may be a scenario.
 *
 * @param bytes - the file, or its first bytes
 */
function otherThanScenario(bytes: Buffer): string | undefined {
  const begins = (...start: readonly number[]): boolean =>
    bytes.subarray(0, start.length).equals(Buffer.from(start));
  if (begins(0x4f, 0x62, 0x6a, 0x01)) {
    return 'it is an Avro container of alerts: send it with create-stream, or name it in a scenario as alerts: {file: …}';
  }
  if (begins(0xff, 0xfe) || begins(0xfe, 0xff)) return 'it is text in UTF-16: save it as UTF-8';
  if (bytes.includes(0)) return 'it is a binary file: name a YAML file';
  const text = bytes.toString('utf8');
  if (text.includes('\ufffd') && !bytes.equals(Buffer.from(text)))
    return 'it is not text in UTF-8: save it as UTF-8';
  if (/^\s*</.test(text)) return 'it looks like HTML: name a YAML file';
  return /^\s*[{[]/.test(text) ? otherJson(text) : undefined;
}

/** A scenario may be written as JSON; what a run writes is not one. */
function otherJson(text: string): string | undefined {
  const [line = ''] = text.trimStart().split('\n', 1);
  const content = jsonOf(text) ?? jsonOf(line);
  if (typeof content !== 'object' || content === null || 'replay' in content) return undefined;
  if ('verdict' in content) return 'it is the summary of a run: name the YAML file that was run';
  if ('scenario' in content) return 'it is the manifest of a run: name the YAML file that was run';
  return 'it is JSON without the key replay, which every scenario has: name a YAML file';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notAScenario(file: string, what: string): AlertSimError {
  return new AlertSimError('BAD_SCENARIO', `${file} is not a scenario: ${what}`);
}
