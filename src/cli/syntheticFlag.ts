import type { SyntheticOptions } from '../alerts/synthetic/options.js';

/** The flag of an option of synthetic alerts; of cutouts, the one that leaves them out. */
export function syntheticFlag(option: keyof SyntheticOptions): string {
  if (option === 'cadenceSeconds') return '--cadence';
  if (option === 'cutouts') return '--no-cutouts';
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
