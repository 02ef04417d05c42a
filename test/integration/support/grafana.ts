import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '../../../src/version.js';
import type { Ask } from './influxQl.js';

/** The part of a dashboard's file that we need. */
export interface DashboardFile {
  /** Its address. */
  readonly uid: string;
  readonly title: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list?: readonly { readonly name: string; readonly target: Target }[] };
  /** Its panels and rows. */
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
  readonly regex?: string;
  readonly sort?: number;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly current: { readonly value: string | readonly string[] };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly interval?: string;
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly options?: { readonly yAxis?: { readonly unit?: string } };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

export interface Target {
  readonly refId: string;
  readonly query: string;
  readonly alias?: string;
  readonly resultFormat: string;
  readonly rawQuery: boolean;
}

/** All dashboards that Grafana is given. */
export function readDashboards(): readonly DashboardFile[] {
  const folder = join(installationFolder, 'grafana', 'dashboards');
  return readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as DashboardFile,
  );
}

/** The values of variables, by name: what a user chose, or all. */
export type Values = ReadonlyMap<string, string | readonly string[] | typeof everything>;

/** A user's choice of “All”. */
export const everything = Symbol('all');

/**
 * The values that a dashboard opens with, one variable after the other, as Grafana finds them: variables of
 * tags ask the database, with the variables before them filled in.
 *
 * @param choose - what the user chooses of the options of a variable; undefined keeps the default
 */
export async function openVariables(
  variables: readonly Variable[],
  ask: Ask,
  choose: (name: string, options: readonly string[]) => readonly string[] | undefined = () => undefined,
): Promise<{ readonly values: Values; readonly options: ReadonlyMap<string, readonly string[]> }> {
  const values = new Map<string, string | readonly string[] | typeof everything>();
  const options = new Map<string, readonly string[]>();
  for (const variable of variables) {
    const { name, type, query, current } = variable;
    if (type === 'datasource') continue;
    if (type === 'custom') {
      options.set(name, query.split(','));
      values.set(name, choose(name, query.split(','))?.[0] ?? String(current.value));
      continue;
    }
    const series = await ask(interpolated(query, variables, values, options));
    const found = [
      ...new Set(series.flatMap(({ values: rows }) => rows.map((row) => String(row[1])))),
    ].sort();
    const pattern =
      variable.regex === undefined || variable.regex === '' ? undefined : regexOf(variable.regex);
    const shown = found.filter((option) => pattern?.test(option) ?? true);
    options.set(name, variable.sort === 2 ? shown.reverse() : shown);
    values.set(name, choose(name, options.get(name) ?? []) ?? everything);
  }
  return { values, options };
}

/**
 * A query as Grafana sends it. Several values of a variable, and “All”, become alternatives of a regular
 * expression; a custom value for “All” is taken as it is.
 *
 * @param variables - the dashboard's
 * @param range.fromMs - its start, milliseconds since 1970
 * @param range.interval - InfluxQL's length of a pixel: `5s`
 */
export function interpolated(
  query: string,
  variables: readonly Variable[],
  values: Values,
  options: ReadonlyMap<string, readonly string[]>,
  range?: { readonly fromMs: number; readonly toMs: number; readonly interval: string },
): string {
  let text = query;
  if (range !== undefined) {
    text = text
      .replaceAll('$timeFilter', `time >= ${range.fromMs}ms and time <= ${range.toMs}ms`)
      .replaceAll('$__interval', range.interval);
  }
  for (const variable of variables) {
    const value = values.get(variable.name);
    if (value === undefined) continue;
    text = text.replaceAll(`$${variable.name}`, () =>
      textOf(variable, value, options.get(variable.name) ?? []),
    );
  }
  const left = /\$(?!\/)[\w{]+/.exec(text);
  if (left !== null) throw new Error(`nobody replaces ${left[0]} in ${query}`);
  return text;
}

function textOf(
  { allValue, multi = false, includeAll = false }: Variable,
  value: string | readonly string[] | typeof everything,
  options: readonly string[],
): string {
  if (value === everything && allValue !== undefined && allValue !== '') return allValue;
  const chosen = value === everything ? options : value;
  if (typeof chosen === 'string') return multi || includeAll ? regexEscaped(chosen) : chosen;
  return chosen.length === 1 ? regexEscaped(chosen[0] ?? '') : `(${chosen.map(regexEscaped).join('|')})`;
}

function regexEscaped(text: string): string {
  return text.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}

function regexOf(text: string): RegExp {
  const [, pattern = text] = /^\/(.*)\/$/.exec(text) ?? [];
  return new RegExp(pattern);
}
