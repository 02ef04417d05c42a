/** A run's `manifest.json`, as plain data. */
export interface RunFacts {
  readonly run: string;
  /** The group that it is compared in. */
  readonly group: string;
  readonly manifest: unknown;
  /** Paths of the scenario that its variant changes on purpose, such as `kafka.client.linger.ms`. */
  readonly changes: readonly string[];
}

/** Something that is not the same in all runs. */
export interface Difference {
  /** `scenario.kafka.client.linger.ms`, `host.cpu`, `cluster.stream.retention.ms`. */
  readonly path: string;
  /** Each with the groups that have it; `absent` where there is none. */
  readonly values: readonly { readonly value: string; readonly groups: readonly string[] }[];
  /** Whether the variants that are compared change it: then it is no reason to reject. */
  readonly ofVariant: boolean;
}

/** What differs from run to run without meaning: times, names, random numbers, and the machine's load. */
const ofNoMatter = [
  /^(schemaVersion|id|run|startedAt|endedAt)$/,
  /^experiment\./,
  /^host\.loadBefore\./,
  /^scenario\.(variant|secrets|variants)(\.|$)/,
  // An experiment keeps its reservoir; whether a run found it or filled it changes nothing that is measured.
  /^scenario\.reservoir\.reuse$/,
  /^cluster\.unread\./,
];

/** Where a broker's metrics were read does not matter, but whether they were does: their sum is compared. */
const placesOfFigures = 'brokerFigures.addresses.';

/** Settings of brokers that only say where they are. */
const placesOfBroker =
  /^cluster\.brokers\.[^.]+\.(listeners|advertised\.listeners|log\.dirs?|metadata\.log\.dir|controller\.quorum\.(voters|bootstrap\.servers)|zookeeper\.connect|controller\.listener\.names|listener\.security\.protocol\.map)$/;

/**
 * What is not the same in all runs, in the order of its path; differences that the variants make on purpose
 * are marked.
 */
export function differencesOf(runs: readonly RunFacts[]): Difference[] {
  const flat = runs.map(({ manifest }) => flattened(manifest));
  const experiments = new Set(flat.map((one) => one.get('experiment.id')));
  // An experiment may give each run a broker of its own, on a port that was free.
  const isOneExperiment = experiments.size === 1 && !experiments.has(undefined);
  const paths = [...new Set(flat.flatMap((one) => [...one.keys()]))].sort();
  return paths
    .filter((path) => !(isOneExperiment && path === 'scenario.kafka.bootstrap'))
    .filter((path) => !ofNoMatter.some((pattern) => pattern.test(path)) && !placesOfBroker.test(path))
    .flatMap((path): Difference[] => {
      const groupsOf = new Map<string, Set<string>>();
      flat.forEach((one, index) => {
        const found = one.get(path);
        const value =
          found !== undefined && path.startsWith(placesOfFigures) ? 'present' : (found ?? 'absent');
        const groups = groupsOf.get(value) ?? new Set<string>();
        groupsOf.set(value, groups.add(runs[index]?.group ?? ''));
      });
      if (groupsOf.size < 2) return [];
      const values = [...groupsOf].map(([value, groups]) => ({ value, groups: [...groups] }));
      // What differs within one group is not caused by its variant.
      const within =
        values.flatMap(({ groups }) => groups).length > new Set(runs.map(({ group }) => group)).size;
      return [{ path, values, ofVariant: !within && runs.some((run) => isChange(path, run.changes)) }];
    });
}

/**
 * A change of the scenario shows in the plan, and in the settings of topic and brokers that the cluster
 * reports.
 */
function isChange(path: string, changes: readonly string[]): boolean {
  const readBack = (change: string): string[] => {
    if (change.startsWith('stream.config.')) return [change.replace('stream.config.', 'cluster.stream.')];
    return [];
  };
  return changes.some((change) => {
    const broker = /^broker\.(.+)$/.exec(change)?.[1];
    if (broker !== undefined && path.startsWith('cluster.brokers.')) return path.endsWith(`.${broker}`);
    // Another version or another number of brokers has settings of its own.
    if (change.startsWith('cluster.') && path.startsWith('cluster.')) return true;
    return [`scenario.${change}`, ...planPaths(change), ...readBack(change)].some(
      (start) => path === start || path.startsWith(`${start}.`),
    );
  });
}

/** Some keys of a scenario have another name in the plan, which `manifest.json` holds. */
function planPaths(change: string): string[] {
  const renamed: Readonly<Record<string, string>> = {
    'alerts.file': 'scenario.alerts.path',
    'replay.warmup': 'scenario.replay.warmupNs',
    'replay.prefetch': 'scenario.replay.prefetchBytes',
  };
  const other = renamed[change];
  if (other !== undefined) return [other];
  // Phases, alerts and groups are resolved as a whole.
  const [, section] = /^(replay\.phases|alerts|consumers|limits|expect)(\.|$)/.exec(change) ?? [];
  return section === undefined ? [] : [`scenario.${section}`];
}

function flattened(data: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof data !== 'object' || data === null) into.set(path, String(data));
  else
    for (const [key, child] of Object.entries(data))
      flattened(child, path === '' ? key : `${path}.${key}`, into);
  return into;
}
