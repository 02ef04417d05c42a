import { formatFaults } from '../../src/scenario/scenarioFaults.js';
import { parseScenario, type ScenarioContext } from '../../src/scenario/parseScenario.js';
import type { Plan } from '../../src/scenario/plan.js';

/** The plan of a scenario that must be sound. */
export function planFrom(text: string, context: Partial<ScenarioContext> = {}): Plan {
  const result = parseScenario(text, { fileName: 's.yaml', environment: {}, ...context });
  if (!result.ok) throw new Error(formatFaults(result.faults));
  return result.plan;
}

/** The scenario file of the design, with every kind of phase but a search. */
export const designExample = `
name: rate-stairs
kafka:
  bootstrap: \${KAFKA_BOOTSTRAP:-localhost:9092}
  client: {linger.ms: 5, compression.type: none}      # any librdkafka property, in its own spelling
alerts:                                               # one of the two
  file: data/rubin_single_ccd_sample.avro
  # synthetic: {visits: 2, alertsPerVisit: 1000, meanBytes: 82000, seed: 1}
reservoir: {topic: alerts-reservoir, partitions: 4, workers: 2, schemaId: 1}
stream: {topic: alerts-stream, partitions: 8, replication: 1, config: {retention.ms: 3600000}}
replay:
  workers: 2
  warmup: 5s
  phases:
    - {name: as-recorded, pace: recorded, speed: 1}
    - {name: steady, rate: 500/s, duration: 30s}
    - {name: ramp, rate: {from: 100/s, to: 5000/s}, duration: 2m}
    - {name: stairs, rate: {from: 500/s, to: 4000/s, steps: 8}, duration: 4m}
    - {name: visits, visits: {cadence: 37s, burst: 3s, detectors: 189, alerts: 10000}, count: 3}
    - {name: flat-out, rate: max, duration: 30s}
consumers: {groups: 1, members: 2}
expect: {ack.p99: "< 50ms", response.p99: "< 100ms", lost: 0, achievedRate: ">= 99%"}
variants:
  - {name: lz4, set: {kafka.client.compression.type: lz4}}
  - {name: io-threads-16, broker: {num.io.threads: 16}}  # the local broker restarts with it
outputs: {influx: {url: "\${INFLUX_URL:-}", bucket: alerts, token: "\${INFLUX_TOKEN:-}"}}
`;
