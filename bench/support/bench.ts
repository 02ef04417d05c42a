import type { BenchBroker } from './broker.js';
import type { Contender } from './rounds.js';

/** Something that is measured beside its peers. */
export interface Bench {
  /** Its name on the command line. */
  readonly name: string;
  /** The unit of its figures. */
  readonly unit: string;
  /** Makes ready what it needs, and says who is measured; `note` keeps a remark for the result. */
  readonly contenders: (broker: BenchBroker, note: (remark: string) => void) => Promise<readonly Contender[]>;
}
