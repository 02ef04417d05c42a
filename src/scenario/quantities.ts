/** A text with a unit that was parsed: a number in the base unit, or what is wrong. */
export type Reading =
  | {
      readonly ok: true;
      /** In the base unit of its quantity. */
      readonly value: number;
    }
  | {
      readonly ok: false;
      /** To follow the name of the key: `needs a unit; write 30s`. */
      readonly problem: string;
    };

/** A kind of number that a scenario writes with a unit, its base unit, and how it is read and printed. */
export interface Quantity {
  /** In messages. */
  readonly name: string;
  readonly example: string;
  /** The unit that is proposed for a bare number. */
  readonly usualUnit: string;
  /** Base units per unit, in the order in which the printed form prefers them. */
  readonly units: Readonly<Record<string, number>>;
  /** Spellings that people use, and ours. */
  readonly misspelt: Readonly<Record<string, string>>;
  /** Whether several units may follow each other, as in `1m30s`. */
  readonly compound: boolean;
  /** Whether an amount is rounded to whole base units. */
  readonly whole: boolean;
}

/** In nanoseconds. */
export const durationQuantity: Quantity = {
  name: 'duration',
  example: '30s',
  usualUnit: 's',
  units: { d: 86_400e9, h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 },
  misspelt: {
    sec: 's',
    secs: 's',
    second: 's',
    seconds: 's',
    S: 's',
    min: 'm',
    mins: 'm',
    minute: 'm',
    minutes: 'm',
    M: 'm',
    hr: 'h',
    hour: 'h',
    hours: 'h',
    H: 'h',
    day: 'd',
    days: 'd',
    msec: 'ms',
    millis: 'ms',
    MS: 'ms',
    usec: 'us',
    micros: 'us',
  },
  compound: true,
  whole: true,
};

/** In microseconds, the unit in which latencies are recorded. */
export const latencyQuantity: Quantity = {
  ...durationQuantity,
  name: 'latency',
  example: '50ms',
  usualUnit: 'ms',
  units: { m: 60e6, s: 1e6, ms: 1e3, us: 1, µs: 1, ns: 1e-3 },
  whole: false,
};

/** Per second. */
export const rateQuantity: Quantity = {
  name: 'rate',
  example: '500/s',
  usualUnit: '/s',
  units: { '/s': 1, '/min': 1 / 60, '/h': 1 / 3600 },
  misspelt: {
    '/sec': '/s',
    '/second': '/s',
    '/m': '/min',
    '/minute': '/min',
    '/hour': '/h',
    Hz: '/s',
    ps: '/s',
    s: '/s',
  },
  compound: false,
  whole: false,
};

/** In bytes. */
export const sizeQuantity: Quantity = {
  name: 'size',
  example: '82kB',
  usualUnit: 'kB',
  units: {
    TB: 1e12,
    GB: 1e9,
    MB: 1e6,
    kB: 1e3,
    TiB: 2 ** 40,
    GiB: 2 ** 30,
    MiB: 2 ** 20,
    KiB: 2 ** 10,
    B: 1,
  },
  misspelt: {
    KB: 'kB',
    kb: 'kB',
    k: 'kB',
    K: 'kB',
    mb: 'MB',
    Mb: 'MB',
    M: 'MB',
    gb: 'GB',
    Gb: 'GB',
    G: 'GB',
    kiB: 'KiB',
    kib: 'KiB',
    mib: 'MiB',
    gib: 'GiB',
    b: 'B',
    bytes: 'B',
  },
  compound: false,
  whole: true,
};

/** In bytes per second. */
export const throughputQuantity: Quantity = {
  name: 'throughput',
  example: '100MB/s',
  usualUnit: 'MB/s',
  units: {
    'GB/s': 1e9,
    'MB/s': 1e6,
    'kB/s': 1e3,
    'GiB/s': 2 ** 30,
    'MiB/s': 2 ** 20,
    'KiB/s': 2 ** 10,
    'B/s': 1,
  },
  misspelt: {
    'KB/s': 'kB/s',
    'kb/s': 'kB/s',
    'mb/s': 'MB/s',
    MBps: 'MB/s',
    MB: 'MB/s',
    GB: 'GB/s',
    kB: 'kB/s',
  },
  compound: false,
  whole: false,
};

/** As a fraction: 99% is 0.99. */
export const percentageQuantity: Quantity = {
  name: 'percentage',
  example: '99%',
  usualUnit: '%',
  units: { '%': 0.01 },
  misspelt: { percent: '%', pct: '%' },
  compound: false,
  whole: false,
};

/** CPU time per time: 1 is one core that is busy all the time. */
export const coresQuantity: Quantity = {
  name: 'number of cores',
  example: '1.5cores',
  usualUnit: 'cores',
  units: { cores: 1 },
  misspelt: { core: 'cores', cpu: 'cores', cpus: 'cores', CPU: 'cores', CPUs: 'cores' },
  compound: false,
  whole: false,
};

const amount = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const wholeText = new RegExp(`^(${amount})\\s*(.*)$`);
const parts = /(\d+(?:\.\d+)?)([a-zµ]+)/g;

/**
 * Parses an amount with its unit.
 *
 * @param text - `500/s`, `1m30s`, `82kB`
 */
export function readQuantity(quantity: Quantity, text: string): Reading {
  const trimmed = text.trim();
  const compound = quantity.compound ? readCompound(quantity, trimmed) : undefined;
  if (compound !== undefined) return compound;
  const [, digits, unit] = wholeText.exec(trimmed) ?? [];
  if (digits === undefined || unit === undefined) return notOne(quantity, trimmed);
  if (unit === '') return failed(unitProblem(quantity, Number(digits)));
  const factor = factorOf(quantity, unit);
  if (factor !== undefined) return amountOf(quantity, Number(digits), factor);
  const meant = Object.hasOwn(quantity.misspelt, unit) ? quantity.misspelt[unit] : undefined;
  if (meant !== undefined) return failed(`has the unknown unit "${unit}"; write ${digits}${meant}`);
  if (!/^[a-zA-Zµ/%]+$/.test(unit)) return notOne(quantity, trimmed);
  return failed(`has the unknown unit "${unit}"; known are ${Object.keys(quantity.units).join(', ')}`);
}

/**
 * Prints an amount in the quantity's base unit so that parsing it gives exactly the same number: the shortest
 * form with one unit, with a whole number where there is one: `90s`, `82kB`, `99%`.
 */
export function quantityText(quantity: Quantity, value: number): string {
  const texts = Object.entries(quantity.units).flatMap(([unit, factor]) =>
    digitsOf(value / factor)
      .map((digits) => ({ text: `${digits}${unit}`, isWhole: Number.isInteger(Number(digits)) }))
      .filter(({ text }) => isExactly(quantity, text, value))
      .slice(0, 1),
  );
  const usual = `${value / (quantity.units[quantity.usualUnit] ?? 1)}${quantity.usualUnit}`;
  if (value === 0 || texts.length === 0) return usual;
  // 100ms reads better than 0.1s.
  const whole = texts.filter(({ isWhole }) => isWhole);
  const [best] = (whole.length > 0 ? whole : texts).sort((a, b) => a.text.length - b.text.length);
  return best?.text ?? usual;
}

function isExactly(quantity: Quantity, text: string, value: number): boolean {
  const reading = readQuantity(quantity, text);
  return reading.ok && reading.value === value;
}

/** The fault of a bare number where a unit is needed, with the form that was probably intended. */
export function unitProblem(quantity: Quantity, value: number): string {
  // Whoever writes 0.99 for a percentage means 99%.
  const meant = quantity === percentageQuantity && value > 0 && value < 1 ? value * 100 : value;
  return `needs a unit; write ${Number(meant.toPrecision(12))}${quantity.usualUnit}`;
}

/** Ways to write a number, shortest first: dividing by a unit may have added noise in the last digits. */
function digitsOf(value: number): string[] {
  return [String(Number(value.toPrecision(12))), String(Number(value.toPrecision(15))), String(value)];
}

function readCompound(quantity: Quantity, text: string): Reading | undefined {
  const found = [...text.matchAll(parts)];
  if (found.length < 2 || found.map(([part]) => part).join('') !== text) return undefined;
  let total = 0;
  let smallest = Infinity;
  for (const [, digits, unit] of found) {
    const factor = factorOf(quantity, unit ?? '');
    if (factor === undefined) return undefined;
    if (factor >= smallest) return failed(`"${text}" has its units out of order; write the largest first`);
    smallest = factor;
    total += Number(digits) * factor;
  }
  return { ok: true, value: quantity.whole ? Math.round(total) : total };
}

function amountOf(quantity: Quantity, digits: number, factor: number): Reading {
  // Units below the base unit divide: 30000/min is 500/s; the last bits are noise, so that 99.9% is 0.999.
  const value = factor < 1 ? Number((digits / Math.round(1 / factor)).toPrecision(15)) : digits * factor;
  if (!Number.isFinite(value)) return failed('is too large');
  return { ok: true, value: quantity.whole ? Math.round(value) : value };
}

function factorOf(quantity: Quantity, unit: string): number | undefined {
  return Object.hasOwn(quantity.units, unit) ? quantity.units[unit] : undefined;
}

function notOne(quantity: Quantity, text: string): Reading {
  return failed(`must be a ${quantity.name} such as ${quantity.example}, but is "${text}"`);
}

function failed(problem: string): Reading {
  return { ok: false, problem };
}
