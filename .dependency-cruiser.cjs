/**
 * Import directions (docs/architecture.md). A folder of `src` imports those listed here and nothing else; the root's own
 * files (`errors.ts`, …) are for all of them. The pure folders know nothing of Kafka, files or clocks.
 */
const mayImport = {
  schedule: [],
  alerts: [],
  // What is wrong with a value of the user's.
  kafka: ['scenario/clientProperties'],
  scenario: ['schedule'],
  // Whatever measures, compares or shows a run depends on the run folder, never the reverse.
  results: ['scenario'],
  measure: ['results', 'scenario'],
  compare: ['measure', 'results', 'scenario'],
  workers: ['kafka', 'alerts', 'measure', 'results', 'schedule'],
  // Of kafka it knows the names of errors.
  report: ['compare', 'measure', 'results', 'scenario', 'kafka/failures'],
  outputs: ['report', 'results', 'scenario'],
  registry: ['alerts'],
  broker: ['outputs', 'report', 'results', 'scenario', 'kafka'],
  // Programs of a user that a run starts as consumers: processes, not Kafka.
  consumers: ['measure', 'results', 'scenario'],
  coordinator: [
    ...['broker', 'consumers', 'registry', 'outputs', 'report', 'workers', 'kafka', 'alerts'],
    ...['compare', 'measure', 'results', 'scenario', 'schedule'],
  ],
  doctor: ['broker', 'outputs', 'report', 'kafka'],
  cli: undefined,
};
const folder = (name) => `^src/${name}/`;
const folders = Object.keys(mayImport);
const pure = ['schedule', 'scenario', 'measure', 'compare'];
/** The part of results that touches no files: shapes, findings and averages. */
const shapes = 'results/(values|findings|runFolder|watchedGroups|older|averages|latencyLog)\\.ts';

const directions = Object.entries(mayImport).flatMap(([name, allowed]) =>
  allowed === undefined
    ? []
    : [
        {
          name: `what-${name}-may-import`,
          severity: 'error',
          from: { path: folder(name) },
          to: { path: `^(src/(?!(${[name, ...allowed].join('|')})[/.])[^/]+/|bench/|grafana/)` },
        },
      ],
);

module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'every-folder-has-its-directions',
      severity: 'error',
      from: { path: `^src/(?!(${folders.join('|')})/)[^/]+/` },
      to: {},
    },
    {
      name: 'root-files-import-no-folder',
      severity: 'error',
      from: { path: '^src/[^/]+$' },
      to: { path: '^src/[^/]+/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'only-kafka-imports-rdkafka',
      severity: 'error',
      from: { path: '^src/', pathNot: folder('kafka') },
      to: { path: 'node-rdkafka|@platformatic/rdkafka' },
    },
    {
      name: 'pure-folders-stay-pure',
      severity: 'error',
      from: { path: `^src/(${pure.join('|')})/` },
      to: {
        path: [
          `^src/(?!(${pure.join('|')})/|${shapes}|(errors|random)\\.ts)`,
          '^(node:)?(fs|net|http|https|child_process|worker_threads|perf_hooks|timers|os|path)(/|$)',
        ],
      },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
