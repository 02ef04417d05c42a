import { parsePlaces, placesHeader } from '../alerts/alertPlaces.js';
import { RecordFault } from '../alerts/recordBytes.js';
import { mostRewrittenBytes, rewriteAlert, shiftOfPass } from '../alerts/rewriteAlert.js';
import { AlertSimError } from '../errors.js';
import type { StoredMessage } from '../kafka/topicReader.js';
import { passLengthUs } from '../schedule/recorded.js';
import type { ReservoirAlert } from './reservoirReader.js';

/** Gives the alerts of later passes their own ids and times. */
export class PassRewriter {
  readonly #topic: string;
  readonly #passes: number;
  readonly #passLengthUs: number;
  /** Room for one alert: it is copied on before the next one is rewritten. */
  #room = Buffer.alloc(0);

  /** @param spanUs - from the first to the last alert of the whole reservoir */
  constructor(topic: string, passes: number, spanUs: number) {
    this.#topic = topic;
    this.#passes = passes;
    this.#passLengthUs = passLengthUs(spanUs);
  }

  /**
   * An alert as a pass sends it.
   *
   * @param alert - as in the reservoir
   * @param pass - from 0
   * @returns the message itself in the first pass; in later ones a message whose value is valid until the
   * next call
   * @throws `BAD_INPUT_FILE` for an alert without places, in the first pass already, and for one that does
   * not match its places
   */
  messageOf({ message, places: text }: ReservoirAlert, pass: number): StoredMessage {
    const { value } = message;
    const places = text === undefined ? undefined : parsePlaces(text);
    if (value === null || places === undefined)
      throw this.#fault(message, `has no valid ${placesHeader} header`);
    if (pass === 0) return message;
    const most = mostRewrittenBytes(value, places);
    if (this.#room.length < most) this.#room = Buffer.allocUnsafeSlow(2 * most);
    try {
      const shift = shiftOfPass(pass, this.#passes, this.#passLengthUs);
      return { ...message, value: rewriteAlert(value, places, shift, this.#room) };
    } catch (thrown) {
      if (thrown instanceof RecordFault) throw this.#fault(message, thrown.message);
      throw thrown;
    }
  }

  #fault({ offset, partition }: StoredMessage, what: string): AlertSimError {
    return new AlertSimError(
      'BAD_INPUT_FILE',
      `offset ${offset} of partition ${partition} of the reservoir ${this.#topic} ${what}, so its ids and times cannot ` +
        'be rewritten: fill the reservoir anew with reservoir.reuse=false, or leave rewrite: true out of the phases',
    );
  }
}
