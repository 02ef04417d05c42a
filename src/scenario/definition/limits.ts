import { z } from 'zod';
import { quantityField } from '../fields.js';
import type { LimitsPlan } from '../plan.js';
import { durationQuantity, latencyQuantity } from '../quantities.js';

const selfCheck = z
  .strictObject({
    scheduleLagP99: quantityField(latencyQuantity, { above: '0us', most: '60s' })
      .prefault('50ms')
      .meta({ description: 'The most that scheduleLag may have as 99th percentile.' }),
    eventLoopDelayP99: quantityField(latencyQuantity, { above: '0us', most: '60s' })
      .prefault('100ms')
      .meta({ description: "The most that a worker's event loop may be late as 99th percentile." }),
  })
  .prefault({})
  .meta({ description: 'What the load generator may cost before a run is called invalid.' });

/** When the run gives up, and when it is invalid. */
export const limitsSection = z
  .strictObject({
    deadline: quantityField(durationQuantity, { above: '0s', most: '30d' }).optional().meta({
      description:
        'The longest that the run may take, preload included; then it ends with what was measured. Default: no limit.',
    }),
    drain: quantityField(durationQuantity, { above: '0s', most: '1d' })
      .prefault('60s')
      .meta({ description: 'How long consumers may take to catch up after the last phase.' }),
    selfCheck,
  })
  .transform(({ deadline, drain, selfCheck: { scheduleLagP99, eventLoopDelayP99 } }): LimitsPlan => ({
    deadlineNs: deadline,
    drainNs: drain,
    selfCheck: { scheduleLagP99Us: scheduleLagP99, eventLoopDelayP99Us: eventLoopDelayP99 },
  }))
  .prefault({})
  .meta({ description: 'When the run gives up, and when it is called invalid.' });
