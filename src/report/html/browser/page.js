// @ts-check
/**
 * Draws the charts of a page, in the reader's colours. Runs in the browser, after ECharts; see figure.ts for
 * the JSON that it reads.
 */
(() => {
  /** @type {typeof import('echarts')} */
  const echarts = /** @type {any} */ (globalThis).echarts;

  /** @typedef {{ first: number, options: Record<string, unknown>[] }} Drawing */

  /**
   * Colours by name. The four latencies keep theirs throughout, told apart also by those who see fewer colours.
   *
   * @type {Record<'light' | 'dark', Record<string, string>>}
   */
  const palettes = {
    light: {
      text: '#1d2433',
      muted: '#566072',
      line: '#c9d0da',
      grid: '#e7eaef',
      surface: '#ffffff',
      band: 'rgba(86, 96, 114, 0.07)',
      outage: 'rgba(196, 43, 28, 0.16)',
      target: '#7a8394',
      achieved: '#1764ab',
      fill: 'rgba(23, 100, 171, 0.12)',
      scheduleLag: '#8a5a9e',
      ack: '#1764ab',
      response: '#c4500c',
      endToEnd: '#1b7f5c',
      series1: '#1764ab',
      series2: '#c4500c',
      series3: '#1b7f5c',
      series4: '#8a5a9e',
      series5: '#946c00',
      heat0: '#e3eef8',
      heat1: '#8fbfe0',
      heat2: '#3182bd',
      heat3: '#0b4a8f',
      heat4: '#07203f',
    },
    dark: {
      text: '#e6e9ef',
      muted: '#a3adbd',
      line: '#465063',
      grid: '#2a3242',
      surface: '#171c26',
      band: 'rgba(163, 173, 189, 0.09)',
      outage: 'rgba(255, 107, 94, 0.22)',
      target: '#98a2b3',
      achieved: '#66b2f0',
      fill: 'rgba(102, 178, 240, 0.16)',
      scheduleLag: '#c79fdb',
      ack: '#66b2f0',
      response: '#f2955c',
      endToEnd: '#5dc9a0',
      series1: '#66b2f0',
      series2: '#f2955c',
      series3: '#5dc9a0',
      series4: '#c79fdb',
      series5: '#dcb44a',
      heat0: '#1d3048',
      heat1: '#22598c',
      heat2: '#3f93d0',
      heat3: '#97cdf2',
      heat4: '#f4faff',
    },
  };

  /** @param {number} value @param {number} digits */
  const fixed = (value, digits) => String(Number(value.toFixed(digits)));

  /** @param {number} value */
  const significant = (value) => fixed(value, Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);

  /** @param {number} value @param {readonly string[]} units */
  const scaled = (value, units) => {
    let rest = value;
    let unit = 0;
    while (Math.abs(rest) >= 999.5 && unit < units.length - 1) {
      rest /= 1000;
      unit += 1;
    }
    return `${significant(rest)} ${units[unit] ?? ''}`.trim();
  };

  /** @param {unknown} value */
  const numberOf = (value) => (typeof value === 'number' ? value : NaN);

  /** @param {(value: number) => string} format */
  const orDash = (format) => (/** @type {unknown} */ value) =>
    Number.isFinite(numberOf(value)) ? format(numberOf(value)) : '–';

  /** @param {number} seconds */
  const clock = (seconds) => {
    const whole = Math.round(seconds);
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    const rest = String(whole % 60).padStart(2, '0');
    return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
  };

  /** @param {number} microseconds */
  const latency = (microseconds) => scaled(microseconds, ['µs', 'ms', 's', '· 1,000 s']);

  /** @param {number} seconds */
  const duration = (seconds) =>
    seconds === 0
      ? '0 s'
      : seconds < 99.5
        ? latency(seconds * 1e6)
        : seconds < 7200
          ? `${significant(seconds / 60)} min`
          : `${significant(seconds / 3600)} h`;

  /** @param {number} value 1 / (1 − q) */
  const percentile = (value) => (value <= 1 ? '0 %' : `${fixed(100 - 100 / value, 4)} %`);

  /** @param {number} ratio */
  const change = (ratio) =>
    ratio >= 2 ? `×${fixed(ratio, 1)}` : ratio === 1 ? 'same' : `${fixed(100 * (ratio - 1), 1)} %`;

  /** What options name as `$name`. */
  const functions = {
    count: orDash((value) => Math.round(value).toLocaleString('en-US')),
    perSecond: orDash((value) => `${Math.round(value).toLocaleString('en-US')}/s`),
    short: orDash((value) => scaled(value, ['', 'k', 'M', 'G'])),
    latency: orDash(latency),
    duration: orDash(duration),
    milliseconds: orDash((value) => latency(value * 1000)),
    bytes: orDash((value) => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB'])),
    bytesPerSecond: orDash((value) => `${scaled(value, ['B', 'kB', 'MB', 'GB', 'TB'])}/s`),
    percent: orDash((value) => `${fixed(value * 100, 1)} %`),
    cores: orDash((value) => fixed(value, 2)),
    change: orDash(change),
    changeTip: (/** @type {any} */ { name, value }) => `${name}: <b>${change(numberOf(value[0]))}</b>`,
    clock: orDash(clock),
    clockLabel: (/** @type {{ value: unknown }} */ { value }) => clock(Number(value)),
    percentileLabel: (/** @type {{ value: unknown }} */ { value }) => percentile(Number(value)),
    // From 1 / (1 − q) back to the percentile 100 · q.
    percentile: orDash(percentile),
    // From a decimal logarithm back to a number, or a rate.
    power: orDash((value) => scaled(10 ** value, ['', 'k', 'M', 'G'])),
    powerPerSecond: orDash((value) => `${scaled(10 ** value, ['', 'k', 'M', 'G'])}/s`),
    heatCell: (/** @type {unknown} */ _params, /** @type {any} */ api) => {
      const [left, top] = api.coord([api.value(0), api.value(3)]);
      const [right, bottom] = api.coord([api.value(1), api.value(2)]);
      // A little wider than it is, so that no gap of a fraction of a pixel shows between cells; upside down where the
      // axis is.
      const height = Math.abs(bottom - top) + 0.4;
      const shape = { x: left, y: Math.min(top, bottom), width: right - left + 0.4, height };
      return { type: 'rect', shape, style: { fill: api.visual('color') } };
    },
    heatTip: (/** @type {any} */ { value }) => {
      const [from, to, low, high, power] = value.map(numberOf);
      const seconds = to - from;
      const count = Math.round(10 ** power * seconds).toLocaleString('en-US');
      return `${clock(from)} to ${clock(to)}<br>${latency(low)} to ${latency(high)}<br><b>${count}</b> values`;
    },
    // Cells of partitions reach from half a one before to half a one after.
    partition: orDash((value) => (Number.isInteger(value) ? String(value) : '')),
    partitionTip: (/** @type {any} */ { value }) => {
      const [from, to, low, high, power] = value.map(numberOf);
      const [first, last] = [low + 0.5, high - 0.5];
      const which = first === last ? `partition ${first}` : `one of the partitions ${first} to ${last}`;
      const lag = Math.round(10 ** power).toLocaleString('en-US');
      return `${clock(from)} to ${clock(to)}<br>${which}<br>up to <b>${lag}</b> messages behind`;
    },
  };

  /**
   * Puts functions and colours into an option.
   *
   * @param {unknown} value
   * @param {Record<string, string>} palette
   * @returns {any}
   */
  const filled = (value, palette) => {
    if (Array.isArray(value)) return value.map((one) => filled(one, palette));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => {
          if (typeof one !== 'string') return [key, filled(one, palette)];
          if (functionKeys.has(key) && one.startsWith('$')) {
            return [key, functions[/** @type {keyof typeof functions} */ (one.slice(1))]];
          }
          return [key, colourKeys.test(key) ? colour(one, palette) : one];
        }),
      );
    }
    return typeof value === 'string' ? colour(value, palette) : value;
  };
  const functionKeys = new Set(['formatter', 'valueFormatter', 'renderItem']);
  const colourKeys = /color$/i;

  /** @param {string} text @param {Record<string, string>} palette */
  const colour = (text, palette) => (text.startsWith('@') ? (palette[text.slice(1)] ?? text) : text);

  const darkQuery = matchMedia('(prefers-color-scheme: dark)');
  const printQuery = matchMedia('print');
  let isPrinting = false;
  /** @returns {'light' | 'dark'} */
  const scheme = () => {
    if (isPrinting || printQuery.matches) return 'light';
    const chosen = document.documentElement.dataset.scheme;
    return chosen === 'light' || chosen === 'dark' ? chosen : darkQuery.matches ? 'dark' : 'light';
  };

  const charts = [...document.querySelectorAll('.chart-figure')].map((figure) => {
    const place = /** @type {HTMLElement} */ (figure.querySelector('.chart'));
    const json = figure.querySelector('script[type="application/json"]')?.textContent ?? '{}';
    /** @type {Drawing} */
    const drawing = JSON.parse(json);
    const chart = echarts.init(place, null, { renderer: 'svg', useDirtyRect: false });
    let shown = drawing.first;
    const draw = () => {
      const palette = palettes[scheme()];
      chart.setOption(
        {
          textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: palette.text },
          ...filled(drawing.options[shown], palette),
        },
        { notMerge: true },
      );
    };
    figure.addEventListener('change', (event) => {
      if (!(event.target instanceof HTMLInputElement) || event.target.type !== 'radio') return;
      shown = Number(event.target.value);
      draw();
    });
    draw();
    new ResizeObserver(() => {
      if (!isPrinting) chart.resize();
    }).observe(place);
    return { chart, draw };
  });

  const drawAll = () => {
    for (const { draw } of charts) draw();
  };
  darkQuery.addEventListener('change', drawAll);

  // A sheet of paper is about 700 pixels wide between its margins, and light.
  const paperPx = 690;
  addEventListener('beforeprint', () => {
    isPrinting = true;
    for (const { chart, draw } of charts) {
      chart.resize({ width: paperPx });
      draw();
      chart.getZr().flush();
    }
  });
  addEventListener('afterprint', () => {
    isPrinting = false;
    for (const { chart, draw } of charts) {
      chart.resize({ width: 'auto' });
      draw();
    }
  });

  const button = document.querySelector('button.scheme');
  if (button instanceof HTMLButtonElement) {
    const label = () => {
      button.textContent = scheme() === 'dark' ? 'Light colours' : 'Dark colours';
    };
    button.hidden = false;
    button.addEventListener('click', () => {
      document.documentElement.dataset.scheme = scheme() === 'dark' ? 'light' : 'dark';
      label();
      drawAll();
    });
    darkQuery.addEventListener('change', label);
    label();
  }
  document.documentElement.dataset.drawn = 'true';
})();
