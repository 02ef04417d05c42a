import { basename } from 'node:path';
import { AlertSimError } from '../../src/errors.js';
import { readResult } from '../support/readResult.js';
import { formatFigure, markdownTable } from '../support/tables.js';
import type { BenchFile } from '../support/result.js';
import { spreadOf } from '../support/rounds.js';
import {
  brokerTerms,
  costOf,
  fitCosts,
  harnessTerms,
  memoryTerms,
  type CostModel,
  type CostTerm,
} from './costModel.js';
import { growthDetails } from './growth.js';
import type { GrowthLoad } from './load.js';
import { needsOfNight, rubinNight, type Models } from './nightNeeds.js';
import { growthAxes } from './points.js';

/** A load that was measured, medians of its rounds. */
export interface MeasuredPoint {
  readonly name: string;
  readonly load: GrowthLoad;
  /** Whether the model is made from it; otherwise it tests the model. */
  readonly fitted: boolean;
  /** Whether the broker kept up: otherwise the costs are those of another load. */
  readonly held: boolean;
  /** Cores. */
  readonly harness: number;
  /** Cores. */
  readonly broker: number;
  /** Resident memory of the harness, MB. */
  readonly memory: number;
}

/** A load that reached less of its rate was not held. */
const heldShare = 0.99;

/** Multiples of Rubin's rate that are printed. */
const multiples = [1, 10, 100];

/**
 * `npm run bench -- model`: makes the cost model from result files, tests it, and prints what nights need.
 *
 * @param paths - the result files, with all of the `growth-…` benchmarks between them
 * @throws `BAD_INPUT_FILE` for other files, and where benchmarks are missing
 */
export function printModel(paths: readonly string[]): void {
  const files = paths.map(readResult);
  const points = measuredPoints(files);
  const missing = growthAxes.filter(({ name }) =>
    files.every(({ results }) => results.every(({ bench }) => bench !== name)),
  );
  if (missing.length > 0)
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `the model needs ${missing.map(({ name }) => name).join(', ')}, which ${paths.map((path) => basename(path)).join(', ')} ` +
        'does not hold: npm run bench -- growth measures them',
    );
  console.log(modelMarkdown(points));
}

/** The loads of result files, in order, with their costs; other benchmarks are ignored. */
export function measuredPoints(files: readonly BenchFile[]): MeasuredPoint[] {
  return files
    .flatMap(({ results }) => results)
    .flatMap(({ bench, results }) => {
      const axis = growthAxes.find(({ name }) => name === bench);
      return results.flatMap(({ name, details }) => {
        const load = axis?.points.find((point) => point.name === name)?.load;
        if (axis === undefined || load === undefined) return [];
        const median = (detail: string): number => details[detail]?.median ?? NaN;
        return [
          {
            name,
            load,
            fitted: axis.fitted,
            held: median(growthDetails.achieved) >= heldShare,
            harness: median(growthDetails.harness),
            broker: median(growthDetails.broker),
            memory: median(growthDetails.memory),
          },
        ];
      });
    });
}

/**
 * The model in Markdown, for docs/performance.md: the cost of each term, how far off the model is, and what
 * nights need.
 */
export function modelMarkdown(measured: readonly MeasuredPoint[]): string {
  const points = measured.filter(({ held }) => held);
  const fit = (terms: readonly CostTerm[], of: 'harness' | 'broker' | 'memory'): CostModel =>
    fitCosts(
      terms,
      points
        .filter((point) => point.fitted && point[of] > 0)
        .map((point) => ({ load: point.load, cost: point[of] })),
    );
  const models: Models = {
    harness: fit(harnessTerms, 'harness'),
    broker: fit(brokerTerms, 'broker'),
    memory: fit(memoryTerms, 'memory'),
  };
  return [
    '#### What costs what',
    costsTable(models),
    '#### The model beside what was measured',
    markdownTable([
      ['', 'harness, cores', 'by the model', 'broker, cores', 'by the model', 'resident, MB', 'by the model'],
      ...points
        .filter(({ fitted }) => !fitted)
        .map(({ name, load, harness, broker, memory }) => [
          name,
          ...besideModel(harness, costOf(models.harness, load)),
          ...besideModel(broker, costOf(models.broker, load)),
          ...besideModel(memory, costOf(models.memory, load)),
        ]),
    ]),
    misfitText(points, models),
    ...measured
      .filter(({ held }) => !held)
      .map(({ name }) => `Left out, since the broker did not hold the rate: ${name}.`),
    "#### What a night at a multiple of Rubin's rate needs",
    needsTable(models),
  ].join('\n\n');
}

function costsTable(models: Models): string {
  const rows = (model: CostModel, what: string, unit: string, factor: number): string[][] =>
    model.terms.map(({ name }, index) => [
      what,
      name,
      `${formatFigure((model.costs[index] ?? NaN) * factor)} ${name === 'being there' || name === 'a worker' ? unit.replace('µs', 'µs a second') : unit}`,
    ]);
  return markdownTable([
    ['', 'one of these', 'costs'],
    ...rows(models.harness, 'harness', 'µs', 1e6),
    ...rows(models.broker, 'broker', 'µs', 1e6),
    ...rows(models.memory, 'memory', 'MB', 1),
  ]);
}

function besideModel(measured: number, predicted: number): string[] {
  return [formatFigure(measured), `${formatFigure(predicted)} (×${(predicted / measured).toFixed(2)})`];
}

/** How far the model is off where it was made, and where it was not. */
function misfitText(points: readonly MeasuredPoint[], models: Models): string {
  const text = (fitted: boolean): string =>
    (['harness', 'broker', 'memory'] as const)
      .map((of) => {
        const ratios = points
          .filter((point) => point.fitted === fitted)
          .map((point) => costOf(models[of], point.load) / point[of]);
        const { median, min, max } = spreadOf(ratios.filter(Number.isFinite));
        return `${of} ×${median.toFixed(2)} (${min.toFixed(2)} – ${max.toFixed(2)})`;
      })
      .join(', ');
  return `Model / measured, median and range: of the loads that it was made from ${text(true)}; of the others ${text(false)}.`;
}

function needsTable(models: Models): string {
  const { bytes, visitSeconds, burstSeconds } = rubinNight;
  const rows = multiples.map((times) => {
    const needs = needsOfNight(models, times);
    return [
      `${times}`,
      formatFigure(needs.alerts),
      `${formatFigure(needs.burst.perSecond)}/s`,
      String(needs.burst.workers),
      `${formatFigure(needs.harnessCores)} (${formatFigure(needs.harnessCoresMean)})`,
      formatFigure(needs.brokerCores),
      `${formatFigure(needs.memoryMegabytes)} MB`,
      `${formatFigure(needs.networkGigabits)} Gbit/s`,
      `${formatFigure(needs.nightTerabytes)} TB`,
    ];
  });
  const table = markdownTable([
    [
      "times Rubin's",
      'alerts a night',
      `for ${burstSeconds} of ${visitSeconds} s`,
      'workers',
      "harness's cores (mean of the night)",
      "brokers' cores, one copy",
      "harness's memory",
      'to the brokers',
      'a night, one copy',
    ],
    ...rows,
  ]);
  return `${table}\n\nAlerts of ${bytes / 1000} kB, ${rubinNight.partitions} partitions, one group that reads on the same machine.`;
}
