import * as echarts from 'echarts';
import type { BenchFile } from './result.js';

const rowPx = 22;
const widthPx = 900;
const leftPx = 400;

/** The part of ECharts' drawing interface that we use: values of a row, and their position. */
interface RowDrawing {
  readonly value: (dimension: number) => number;
  readonly coord: (at: readonly number[]) => readonly number[];
}

interface Row {
  readonly label: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * How ours compares with each contender, benchmark by benchmark, as one SVG picture: median of the ratios,
 * and their range. Right of 1 ours is faster. Benchmarks where less is better have no peers, and are left
 * out.
 *
 * @param files - those without a second contender are left out
 */
export function benchSvg(files: readonly BenchFile[]): string {
  const rows = files.flatMap(({ results }) => results).flatMap(rowsOf);
  const heightPx = 90 + rows.length * rowPx;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: widthPx, height: heightPx });
  const values = rows.flatMap(({ min, max }) => [min, max]).filter((value) => value > 0);
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: 'rubin-alert-sim / peer, same rounds', left: 0, textStyle: { fontSize: 14 } },
    grid: { left: leftPx, right: 30, top: 40, bottom: 40 },
    xAxis: {
      type: 'log',
      min: Math.min(0.5, ...values.map((value) => value * 0.9)),
      max: Math.max(2, ...values.map((value) => value * 1.1)),
      axisLabel: { formatter: (value: number) => String(Number(value.toPrecision(2))) },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map(({ label }) => label),
      axisTick: { show: false },
      axisLabel: { fontSize: 11, interval: 0, width: leftPx - 20, overflow: 'truncate' },
    },
    series: [
      {
        type: 'custom',
        data: rows.map(({ min, max }, index) => [min, max, index]),
        renderItem: (_: unknown, api: RowDrawing) => {
          const [fromX = 0, y = 0] = api.coord([api.value(0), api.value(2)]);
          const [toX = 0] = api.coord([api.value(1), api.value(2)]);
          return {
            type: 'line',
            shape: { x1: fromX, y1: y, x2: toX, y2: y },
            style: { stroke: '#5b7a99', lineWidth: 2 },
          };
        },
      },
      {
        type: 'scatter',
        symbolSize: 9,
        itemStyle: { color: '#1f5fa8' },
        data: rows.map(({ median }, index) => [median, index]),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: '#888888' },
          data: [{ xAxis: 1 }],
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function rowsOf({ bench, better, results }: BenchFile['results'][number]): Row[] {
  if (better === 'less') return [];
  return results
    .slice(1)
    .filter(({ name }) => !name.startsWith('rubin-alert-sim'))
    .map(({ name, ratio: { median, min, max } }) => ({ label: `${bench}: ${name}`, median, min, max }));
}
