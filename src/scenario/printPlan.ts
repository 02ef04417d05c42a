import { stringify } from 'yaml';
import {
  alertsPerVisit,
  type BacklogAmount,
  type BacklogPacing,
  type CatchUpPacing,
  type Pacing,
  type SearchPacing,
  type VisitSize,
} from '../schedule/pacing.js';
import type { ScenarioInput } from './definition/scenario.js';
import { conditionText, expectationKey } from './expectationSyntax.js';
import type {
  AheadAlertsPlan,
  AlertsPlan,
  ClusterPlan,
  ConsumerGroupPlan,
  CoordinationPlan,
  InfluxPlan,
  RegistryPlan,
  PhasePlan,
  Plan,
  ReservoirPlan,
  StreamPlan,
  SyntheticAlerts,
  VariantPlan,
} from './plan.js';
import {
  durationQuantity,
  latencyQuantity,
  percentageQuantity,
  type Quantity,
  quantityText,
  rateQuantity,
  sizeQuantity,
} from './quantities.js';

/** Keys without the undefined ones, which YAML would print as empty. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Prints a plan as a scenario that parses to the same plan. Redact the plan before it is shown to anyone. */
export function printPlan(plan: Plan): string {
  const withoutVariables = (_key: unknown, value: unknown): unknown =>
    typeof value === 'string' ? value.replaceAll('${', () => '$${') : value;
  return stringify(planData(plan), withoutVariables, { lineWidth: 110 });
}

/** A plan as the plain data of a scenario file, with units: what a YAML reader would make of `printPlan`. */
export function planData(plan: Plan): ScenarioInput {
  const { scheduleLagP99Us, eventLoopDelayP99Us } = plan.limits.selfCheck;
  const { deadlineNs, drainNs } = plan.limits;
  const { workers, producersPerWorker, warmupNs, prefetchBytes, flushEach, phases } = plan.replay;
  const { registry, outputs } = plan;
  const { influx } = outputs;
  return {
    name: plan.name,
    kafka: { ...plan.kafka, client: { ...plan.kafka.client } },
    ...(registry === undefined ? {} : { registry: defined<RegistryPlan>(registry) }),
    alerts: alertsData(plan.alerts),
    reservoir: reservoirData(plan.reservoir),
    stream: streamData(plan.stream),
    replay: {
      workers,
      producersPerWorker,
      warmup: time(warmupNs),
      prefetch: quantityText(sizeQuantity, prefetchBytes),
      flushEach,
      phases: phases.map(phaseData),
    },
    consumers:
      plan.consumers.groups.length === 0
        ? { groups: 0, groupPrefix: plan.consumers.groupPrefix }
        : { groups: plan.consumers.groups.map(groupData), groupPrefix: plan.consumers.groupPrefix },
    expect: Object.fromEntries(plan.expect.map((line) => [expectationKey(line), conditionText(line)])),
    variants: plan.variants.map(variantData),
    cluster: clusterData(plan.cluster),
    broker: { ...plan.broker },
    outputs: influx === undefined ? {} : { influx: defined<InfluxPlan>(influx) },
    purpose: plan.purpose,
    limits: {
      ...(deadlineNs === undefined ? {} : { deadline: time(deadlineNs) }),
      drain: time(drainNs),
      selfCheck: {
        scheduleLagP99: quantityText(latencyQuantity, scheduleLagP99Us),
        eventLoopDelayP99: quantityText(latencyQuantity, eventLoopDelayP99Us),
      },
    },
    coordination: coordinationData(plan.coordination),
  };
}

function coordinationData({ bootstrap, client, topicPrefix, joinNs, silenceNs }: CoordinationPlan) {
  return {
    ...(bootstrap === undefined ? {} : { bootstrap }),
    client: { ...client },
    topicPrefix,
    join: time(joinNs),
    silence: time(silenceNs),
  };
}

function reservoirData({ replication, config, schemaId, ...others }: ReservoirPlan) {
  return {
    ...others,
    ...(replication < 1 ? {} : { replication }),
    ...(schemaId === undefined ? {} : { schemaId }),
    config: { ...config },
  };
}

function streamData({ partitions, replication, config, ...others }: StreamPlan) {
  if (others.existing) return others;
  return { ...others, partitions, ...(replication < 1 ? {} : { replication }), config: { ...config } };
}

function alertsData(alerts: AlertsPlan): ScenarioInput['alerts'] {
  if (alerts.kind === 'file') {
    const { keepOrder, skipInvalid, ...reading } = alerts.reading;
    const [only] = alerts.files;
    return {
      ...(alerts.files.length === 1 && only !== undefined ? { file: only } : { files: [...alerts.files] }),
      ...reading,
      ...(keepOrder && { keepOrder }),
      ...(skipInvalid && { skipInvalid }),
    };
  }
  if (alerts.kind === 'topic') {
    const { topic: name, from, to, bootstrap, client } = alerts;
    return {
      topic: {
        name,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(bootstrap !== undefined && { bootstrap, client }),
      },
    };
  }
  if (alerts.kind === 'payload') {
    const { bytes, count, seed } = alerts;
    return { payload: { bytes, count, seed } };
  }
  return { synthetic: syntheticData(alerts) };
}

function syntheticData({ cadenceNs, meanBytes, start, ...alerts }: SyntheticAlerts) {
  const { visits, ahead, alertsPerVisit, detectors, seed, cutouts, schema, history, objects, solarSystem } =
    alerts;
  return {
    ...(ahead === undefined ? { visits } : aheadData(ahead)),
    ...{ alertsPerVisit, detectors, cadence: time(cadenceNs), seed, cutouts, schema },
    ...(meanBytes === undefined ? {} : { meanBytes }),
    ...(start === undefined ? {} : { start }),
    history: {
      none: text(percentageQuantity, history.none),
      ...(history.median === undefined ? {} : { median: history.median }),
      max: history.max,
    },
    objects: {
      ...(objects.count === undefined ? {} : { count: objects.count }),
      recurrence: text(percentageQuantity, objects.recurrence),
    },
    solarSystem: text(percentageQuantity, solarSystem),
  };
}

function aheadData({ durationNs, bufferBytes, generators }: AheadAlertsPlan) {
  return {
    ...(durationNs === undefined ? { visits: 'forever' as const } : { duration: time(durationNs) }),
    ...(bufferBytes === undefined ? {} : { buffer: text(sizeQuantity, bufferBytes) }),
    ...(generators === undefined ? {} : { generators }),
  };
}

function phaseData({
  name,
  pacing,
  conditions,
  groups,
}: PhasePlan): ScenarioInput['replay']['phases'][number] {
  if (pacing.kind === 'backlog')
    return {
      name,
      backlog: amountData(pacing.amount),
      ...(groups === undefined ? {} : { groups: [...groups] }),
    };
  if (pacing.kind === 'catchUp') {
    const meanwhile =
      pacing.ratePerSecond === undefined ? {} : { while: { rate: rate(pacing.ratePerSecond) } };
    return { name, catchUp: { ...(groups === undefined ? {} : { groups: [...groups] }), ...meanwhile } };
  }
  if (pacing.kind !== 'search') return { name, ...pacingData(pacing) };
  return {
    name,
    search: {
      ...searchedLoad(pacing),
      conditions: Object.fromEntries(
        (conditions ?? []).map((line) => [expectationKey(line), conditionText(line)]),
      ),
      precision: quantityText(percentageQuantity, pacing.precision),
      confirm: pacing.confirm,
      probes: pacing.probes,
    },
  };
}

function searchedLoad({ fromPerSecond, toPerSecond, holdNs, settleNs, visits }: SearchPacing) {
  if (visits === undefined)
    return { from: rate(fromPerSecond), to: rate(toPerSecond), hold: time(holdNs), settle: time(settleNs) };
  const { cadenceNs, burstNs, detectors, seed } = visits;
  return {
    from: alertsPerVisit(fromPerSecond, visits),
    to: alertsPerVisit(toPerSecond, visits),
    visits: { cadence: time(cadenceNs), burst: time(burstNs), detectors, seed },
    hold: time(holdNs),
  };
}

function amountData(amount: BacklogAmount) {
  switch (amount.kind) {
    case 'bytes':
      return { bytes: quantityText(sizeQuantity, amount.bytes) };
    case 'messages':
      return { messages: amount.messages };
    case 'time':
      return { for: time(amount.durationNs), at: rate(amount.ratePerSecond) };
  }
}

function pacingData(
  pacing: Exclude<Pacing, SearchPacing | BacklogPacing | CatchUpPacing>,
): Omit<ScenarioInput['replay']['phases'][number], 'name'> {
  switch (pacing.kind) {
    case 'recorded':
      return { pace: 'recorded', speed: pacing.speed, passes: pacing.passes, rewrite: pacing.rewrite };
    case 'constant':
      return { rate: rate(pacing.ratePerSecond), duration: time(pacing.durationNs) };
    case 'max':
      return { rate: 'max', duration: time(pacing.durationNs) };
    case 'ramp':
    case 'stairs':
      return {
        rate: {
          from: rate(pacing.fromPerSecond),
          to: rate(pacing.toPerSecond),
          ...(pacing.kind === 'stairs' ? { steps: pacing.steps } : {}),
        },
        duration: time(pacing.durationNs),
      };
    case 'visits':
      return {
        visits: {
          cadence: time(pacing.cadenceNs),
          burst: time(pacing.burstNs),
          detectors: pacing.detectors,
          alerts: sizeData(pacing.size),
          seed: pacing.seed,
        },
        count: pacing.visits,
      };
  }
}

function sizeData(size: VisitSize) {
  if (size.kind === 'fixed') return size.alerts;
  return {
    mean: size.meanAlerts,
    spread: quantityText(percentageQuantity, size.relativeSpread),
    peaks: quantityText(percentageQuantity, size.peakFraction),
    peakAlerts: size.peakAlerts,
  };
}

function groupData(group: ConsumerGroupPlan) {
  if (group.kind === 'external') return { name: group.name, external: group.groupId };
  if (group.kind === 'command') {
    const { name, command, members, groupId, env, readyNs, restart } = group;
    const id = groupId === undefined ? {} : { group: groupId };
    return { name, command, members, ...id, env: { ...env }, ready: time(readyNs), restart };
  }
  const { name, members, slow, startAfterNs } = group;
  const pace =
    slow === undefined
      ? undefined
      : slow.kind === 'pause'
        ? { members: slow.members, pause: time(slow.pauseNs) }
        : { members: slow.members, maxRate: rate(slow.perSecond) };
  return { name, members, ...(pace === undefined ? {} : { slow: pace }), startAfter: time(startAfterNs) };
}

function variantData({ name, set, topic, broker, ...cluster }: VariantPlan) {
  const { partitions, replication, config } = topic;
  return {
    name,
    set: { ...set },
    topic: {
      ...(partitions === undefined ? {} : { partitions }),
      ...(replication === undefined ? {} : { replication }),
      ...(config === undefined ? {} : { config: { ...config } }),
    },
    ...clusterData(cluster),
    broker: { ...broker },
  };
}

function clusterData({ jvm, ...cluster }: ClusterPlan) {
  return { ...defined<Omit<ClusterPlan, 'jvm'>>(cluster), ...(jvm === undefined ? {} : { jvm: [...jvm] }) };
}

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Defined<T>;
}

function time(ns: number): string {
  return text(durationQuantity, ns);
}

function rate(perSecond: number): string {
  return text(rateQuantity, perSecond);
}

function text(quantity: Quantity, value: number): string {
  return quantityText(quantity, value);
}
