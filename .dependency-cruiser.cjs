/**
 * The house's import directions (docs/architecture.md): cli → coordinator → workers → kafka, alerts,
 * measure, schedule; the pure rooms know nothing of Kafka, files or clocks.
 */
const room = (name) => `^src/${name}/`;
const pure = ['schedule', 'scenario', 'measure', 'compare'];
/** The part of results that touches no files: shapes, findings and averages. */
const shapes = 'results/(values|findings|schema|older|averages|latencyLog)\\.ts';

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'only-kafka-imports-rdkafka',
      severity: 'error',
      from: { path: '^src/', pathNot: room('kafka') },
      to: { path: 'node-rdkafka|@platformatic/rdkafka' },
    },
    {
      name: 'pure-rooms-stay-pure',
      severity: 'error',
      from: { path: `^src/(${pure.join('|')})/` },
      to: {
        path: [
          `^src/(?!(${pure.join('|')})/|${shapes}|(errors|random)\\.ts)`,
          '^(node:)?(fs|net|http|https|child_process|worker_threads|perf_hooks|timers|os|path)(/|$)',
        ],
      },
    },
    {
      name: 'schedule-is-the-ground-floor',
      severity: 'error',
      from: { path: room('schedule') },
      to: { path: '^src/(?!schedule/|(errors|random)\\.ts)' },
    },
    {
      name: 'lower-rooms-do-not-import-upper-rooms',
      severity: 'error',
      from: { path: '^src/(kafka|alerts|measure|schedule)/' },
      to: { path: '^src/(cli|coordinator|workers|outputs|report|broker)/' },
    },
    {
      name: 'results-know-only-the-scenario',
      comment: 'Whatever measures, compares or shows a run depends on the run folder, never the reverse.',
      severity: 'error',
      from: { path: room('results') },
      to: { path: '^src/(?!results/|scenario/|errors\\.ts|fileErrors\\.ts|makeFolders\\.ts)' },
    },
    {
      name: 'report-makes-words-of-data',
      comment: 'Whoever runs something hands its data to report; of kafka it knows the names of errors.',
      severity: 'error',
      from: { path: room('report') },
      to: { path: '^src/(cli|coordinator|workers|outputs|broker|alerts|doctor|kafka/(?!failures\\.ts))' },
    },
    {
      name: 'outputs-do-not-import-upper-rooms',
      severity: 'error',
      from: { path: room('outputs') },
      to: { path: '^src/(cli|coordinator|workers|broker|doctor)/' },
    },
    {
      name: 'workers-do-not-import-upper-rooms',
      severity: 'error',
      from: { path: room('workers') },
      to: { path: '^src/(cli|coordinator|outputs|report|broker|compare)/' },
    },
    {
      name: 'nothing-imports-the-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: room('cli') },
      to: { path: room('cli') },
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
