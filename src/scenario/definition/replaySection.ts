import { z } from 'zod';
import { quantityField, ruled, wholeField } from '../fields.js';
import { durationQuantity, sizeQuantity } from '../quantities.js';
import { reportTwins } from './twins.js';
import { phaseField } from './phases.js';

const phaseExample = { name: 'steady', rate: '500/s', duration: '30s' };

export const replaySection = ruled(
  z
    .strictObject({
      workers: wholeField(1, 64).prefault(1).meta({ description: 'Worker threads that send.' }),
      producersPerWorker: wholeField(1, 16).prefault(1).meta({ description: 'Producers of each worker.' }),
      warmup: quantityField(durationQuantity, { least: '0s', most: '1d' })
        .prefault('0s')
        .meta({ description: 'How long is sent before anything is measured.' }),
      prefetch: quantityField(sizeQuantity, { least: '1MB', most: '64GiB' })
        .prefault('32MB')
        .meta({ description: 'How much of the reservoir each producer keeps in memory, or reads ahead.' }),
      flushEach: z.boolean().prefault(false).meta({
        description:
          "Whether each alert is flushed, as Rubin's producer does: waited for until it is acknowledged, without linger.ms.",
      }),
      phases: z
        .array(phaseField)
        .meta({ examples: [[phaseExample]] })
        .min(1, { error: 'needs at least one phase' })
        .meta({ description: 'What is sent, one phase after the other.' }),
    })
    .meta({ examples: [{ phases: [phaseExample] }] }),
  ({ phases }, report) => {
    reportTwins(phases, ['phases'], 'phase', report);
  },
).meta({ description: 'How alerts are sent.' });
