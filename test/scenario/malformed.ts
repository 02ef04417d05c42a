/** A scenario with nothing wrong; tests add to it or replace parts. Additions start on line 6. */
export const sound = `name: n
alerts: {file: a.avro}
replay:
  phases:
    - {name: steady, rate: 5/s, duration: 1s}
`;

/** The sound scenario with further lines. */
export function adding(lines: string): string {
  return `${sound}${lines}\n`;
}

/** The sound scenario with another phase on line 5. */
export function phase(entry: string): string {
  return sound.replace('{name: steady, rate: 5/s, duration: 1s}', entry);
}

/** The sound scenario with other alerts on line 2. */
export function alerts(entry: string): string {
  return sound.replace('{file: a.avro}', entry);
}

/** Each malformed scenario: what is wrong, the scenario, and every fault that must be reported. */
export const malformed: readonly [what: string, text: string, faults: readonly string[]][] = [
  ['an empty file', '', ['1:1: the scenario is empty; it needs at least name, alerts and replay']],
  ['only comments', '# nothing\n', ['1:1: the scenario is empty; it needs at least name, alerts and replay']],
  [
    'a list at the top',
    '- a\n- b\n',
    ['1:1: a scenario must be a map of keys, but is a list; it needs at least name, alerts and replay'],
  ],
  [
    'a text at the top',
    'hello',
    ['1:1: a scenario must be a map of keys, but is "hello"; it needs at least name, alerts and replay'],
  ],
  [
    'no keys at all',
    '{}',
    [
      '1:1: name is missing; for example name: rate-stairs',
      '1:1: alerts is missing; for example alerts: { file: data/rubin_single_ccd_sample.avro }',
      '1:1: replay is missing; for example replay: { phases: [ { name: steady, rate: 500/s, duration: 30s } ] }',
    ],
  ],
  [
    'a tab as indentation',
    'name: n\nreplay:\n\tphases: []\n',
    ['3:1: a tab stands where YAML wants spaces; indent with spaces'],
  ],
  [
    'a key that is indented differently',
    'name: n\nalerts:\n    file: a.avro\n  extra: 1\n',
    ['4:1: this line is not indented like its neighbours; keys of one map start in the same column'],
  ],
  [
    'a brace that is never closed',
    adding('kafka: {bootstrap: localhost:9092'),
    ['7:1: a { above is not closed before here; close it, or indent what it holds'],
  ],
  [
    'a second document',
    adding('---\nname: other'),
    ['6:1: a second document starts here; a scenario is one document: remove the ---'],
  ],
  [
    'a variable between braces without quotes',
    adding('kafka: {bootstrap: ${BROKER}}'),
    ['6:21: a variable between braces is not quoted; inside {...} write "${NAME}" with quotes'],
  ],
  [
    'a key twice',
    adding('name: again'),
    ['6:1: the key "name" stands twice in this map, first on line 1; remove one of them'],
  ],
  [
    'a key twice and another fault',
    adding('name: again\nstream: {partitions: 0}'),
    [
      '6:1: the key "name" stands twice in this map, first on line 1; remove one of them',
      '7:22: stream.partitions must be a whole number from 1 to 10,000, but is 0',
    ],
  ],
  [
    'an alias without an anchor',
    adding('broker: *settings'),
    ['6:9: the anchor &settings is not defined above'],
  ],
  [
    'an alias inside what it names',
    adding('broker: &b {x: *b}'),
    ['6:16: the alias *b stands inside what it names'],
  ],
  ['a key that is no word', adding('? [a, b]\n: 1'), ['6:3: a key must be a word']],
  [
    'an unknown key at the top, near a right one',
    adding('steam: {}'),
    ['6:1: unknown key "steam" in a scenario; did you mean "stream"?'],
  ],
  [
    'an unknown key at the top, near nothing',
    adding('colour: red'),
    [
      '6:1: unknown key "colour" in a scenario; its keys are name, kafka, registry, alerts, reservoir, stream, replay, consumers, expect, variants, matrix, cluster, broker, outputs, limits, purpose, coordination',
    ],
  ],
  [
    'an unknown key further in',
    adding('stream: {partition: 4}'),
    ['6:10: unknown key "partition" in stream; did you mean "partitions"?'],
  ],
  [
    'a key in the wrong map',
    adding('kafka: {partitions: 4}'),
    ['6:9: unknown key "partitions" in kafka; it belongs in reservoir or stream or variants.topic'],
  ],
  [
    'a key that comes from an object',
    adding('__proto__: {a: 1}'),
    [
      '6:1: unknown key "__proto__" in a scenario; its keys are name, kafka, registry, alerts, reservoir, stream, replay, consumers, expect, variants, matrix, cluster, broker, outputs, limits, purpose, coordination',
    ],
  ],
  [
    'a name with spaces',
    sound.replace('name: n', 'name: my run'),
    ['1:7: name must be made of letters, digits, "-" and "_", but is "my run"'],
  ],
  ['a missing name', sound.replace('name: n\n', ''), ['1:1: name is missing; for example name: rate-stairs']],
  [
    'an empty value',
    sound.replace('name: n', 'name:'),
    ['1:1: name is empty; give it a value or remove the key'],
  ],
  ['a number for a name', sound.replace('name: n', 'name: 5'), ['1:7: name must be a text, but is 5']],
  [
    'missing phases',
    'name: n\nalerts: {file: a.avro}\nreplay: {workers: 1}\n',
    ['3:1: replay.phases is missing; for example phases: [ { name: steady, rate: 500/s, duration: 30s } ]'],
  ],
  [
    'no phase in the list',
    'name: n\nalerts: {file: a.avro}\nreplay: {phases: []}\n',
    ['3:18: replay.phases needs at least one phase'],
  ],
  [
    'a map where a list belongs',
    'name: n\nalerts: {file: a.avro}\nreplay: {phases: {name: a}}\n',
    ['3:18: replay.phases must be a list, but is a map'],
  ],
  [
    'a text where a map belongs',
    adding('stream: alerts'),
    ['6:9: stream must be a map of keys, but is "alerts"'],
  ],
  [
    'a bootstrap without a port',
    adding('kafka: {bootstrap: localhost}'),
    ['6:20: kafka.bootstrap must be host:port, several with commas between, but is "localhost"'],
  ],
  [
    'a port that does not exist',
    adding('kafka: {bootstrap: "localhost:99999"}'),
    ['6:20: kafka.bootstrap has the port 99999, but ports go from 1 to 65535'],
  ],
  [
    'a JMX address without a port',
    adding('kafka: {jmx: localhost}'),
    ['6:14: kafka.jmx must be host:port, several with commas between, but is "localhost"'],
  ],
  [
    'a misspelt property of the client',
    adding('kafka: {client: {linger.mss: 5}}'),
    ['6:18: kafka.client.linger.mss is not a property of librdkafka; did you mean "linger.ms"?'],
  ],
  [
    'a value that the client refuses',
    adding('kafka: {client: {compression.type: lz5, linger.ms: -1}}'),
    [
      '6:36: kafka.client.compression.type must be one of none, gzip, snappy, lz4, zstd, but is lz5',
      '6:52: kafka.client.linger.ms must be a number from 0 to 900000, but is -1',
    ],
  ],
  [
    'a property that is said elsewhere',
    adding('kafka: {client: {bootstrap.servers: "a:1"}}'),
    ['6:18: kafka.client.bootstrap.servers is not set here; write kafka.bootstrap'],
  ],
  [
    'transactions',
    adding('kafka: {client: {transactional.id: a}}'),
    ['6:18: kafka.client.transactional.id is not set here; alerts are sent without transactions'],
  ],
  [
    'a topic that is used as it is, and settings for it',
    adding('stream: {existing: true, partitions: 4, config: {}}'),
    [
      '6:26: stream.partitions goes with a topic that the run makes, but existing is true; remove it: the topic is used as it is',
      '6:41: stream.config goes with a topic that the run makes, but existing is true; remove it: the topic is used as it is',
    ],
  ],
  [
    'no source of alerts',
    alerts('{}'),
    ['2:9: alerts needs one of file, files, topic, synthetic or payload'],
  ],
  [
    'keys of files for synthetic alerts',
    alerts('{synthetic: {}, framing: raw}'),
    ['2:25: alerts.framing is for alerts from files only; remove it'],
  ],
  [
    'a time that is no field',
    alerts('{file: a.avro, timeField: "candidate jd"}'),
    ['2:35: alerts.timeField must be names of fields with dots between, such as candidate.jd'],
  ],
  [
    'a time in an unknown unit',
    alerts('{file: a.avro, timeField: "jd:days"}'),
    [
      '2:35: alerts.timeField must be a field, and after a colon its unit, one of mjd, jd, unix, unix_ms, unix_us, unix_ns, iso',
    ],
  ],
  ['standard input', alerts('{files: ["-"]}'), ['2:18: alerts.files.0 cannot be standard input']],
  [
    'two sources of alerts',
    alerts('{file: a.avro, payload: {bytes: 100}}'),
    ['2:24: alerts.payload stands beside alerts.file, but alerts come from one place; remove one of them'],
  ],
  ['an empty file name', alerts('{file: ""}'), ['2:16: alerts.file is empty']],
  [
    'a share of synthetic alerts without a unit, and a start that is no time',
    alerts('{synthetic: {history: {none: 0.4}, start: soon}}'),
    [
      '2:38: alerts.synthetic.history.none needs a unit; write 40%',
      '2:51: alerts.synthetic.start must be an instant such as 2026-11-27T10:00:00Z, -2h or now',
    ],
  ],
  [
    'more alerts than identifiers',
    alerts('{synthetic: {detectors: 1, alertsPerVisit: 100000}}'),
    ['2:52: alerts.synthetic.alertsPerVisit must be at most 65536 with detectors: 1'],
  ],
  [
    'a size with the wrong case',
    alerts('{payload: {bytes: 100KB}}'),
    ['2:27: alerts.payload.bytes has the unknown unit "KB"; write 100kB'],
  ],
  [
    'a payload without a size',
    alerts('{payload: {count: 5}}'),
    ['2:10: alerts.payload.bytes is missing; for example bytes: 100'],
  ],
  [
    'replication 0',
    adding('stream: {replication: 0}'),
    ['6:23: stream.replication must be a whole number from 1 to 32, but is 0'],
  ],
  [
    'half a partition',
    adding('stream: {partitions: 1.5}'),
    ['6:22: stream.partitions must be a whole number from 1 to 10,000, but is 1.5'],
  ],
  [
    'a quoted number',
    adding('stream: {partitions: "four"}'),
    ['6:22: stream.partitions must be a whole number from 1 to 10,000, but is "four"'],
  ],
  [
    'an illegal topic name',
    adding('stream: {topic: my stream}'),
    ['6:17: stream.topic "my stream" holds " "; a topic\'s name has letters, digits, ".", "_" and "-" only'],
  ],
  [
    'an empty topic name',
    adding('stream: {topic: ""}'),
    ['6:17: stream.topic is empty, but a topic needs a name'],
  ],
  ['a topic of dots', adding('stream: {topic: ..}'), ['6:17: stream.topic cannot be ".."']],
  [
    'one topic for both',
    adding('reservoir: {topic: t}\nstream: {topic: t}'),
    ['7:17: stream.topic is the topic of the reservoir, too; a replay reads one and writes the other'],
  ],
  [
    'one topic for both by default',
    adding('stream: {topic: alerts-reservoir}'),
    ['6:17: stream.topic is the topic of the reservoir, too; a replay reads one and writes the other'],
  ],
  [
    'a list as a topic setting',
    adding('stream: {config: {retention.ms: [1]}}'),
    ['6:33: stream.config.retention.ms must be a text or a number or true or false, but is a list'],
  ],
  [
    'too many workers',
    sound.replace('phases:', 'workers: 1000\n  phases:'),
    ['4:12: replay.workers must be a whole number from 1 to 64, but is 1000'],
  ],
  [
    'a rate without a unit',
    phase('{name: a, rate: 500, duration: 1s}'),
    ['5:23: replay.phases.a.rate needs a unit; write 500/s'],
  ],
  [
    'a rate with a wrong unit',
    phase('{name: a, rate: 500/sec, duration: 1s}'),
    ['5:23: replay.phases.a.rate has the unknown unit "/sec"; write 500/s'],
  ],
  [
    'a negative rate',
    phase('{name: a, rate: -5/s, duration: 1s}'),
    ['5:23: replay.phases.a.rate must be above 0/s, but is -5/s'],
  ],
  [
    'a rate of 0',
    phase('{name: a, rate: 0/s, duration: 1s}'),
    ['5:23: replay.phases.a.rate must be above 0/s, but is 0/s'],
  ],
  [
    'a rate that is no rate',
    phase('{name: a, rate: fast, duration: 1s}'),
    ['5:23: replay.phases.a.rate must be a rate such as 500/s, but is "fast"'],
  ],
  [
    'a list as a rate',
    phase('{name: a, rate: [1/s], duration: 1s}'),
    ['5:23: replay.phases.a.rate must be a text or a map of keys, but is a list'],
  ],
  [
    'a duration of 0',
    phase('{name: a, rate: 5/s, duration: 0s}'),
    ['5:38: replay.phases.a.duration must be above 0s, but is 0s'],
  ],
  [
    'a duration without a unit',
    phase('{name: a, rate: 5/s, duration: 30}'),
    ['5:38: replay.phases.a.duration needs a unit; write 30s'],
  ],
  [
    'a duration with its units out of order',
    phase('{name: a, rate: 5/s, duration: 30s1m}'),
    ['5:38: replay.phases.a.duration "30s1m" has its units out of order; write the largest first'],
  ],
  [
    'a duration in parsecs',
    phase('{name: a, rate: 5/s, duration: 3pc}'),
    ['5:38: replay.phases.a.duration has the unknown unit "pc"; known are d, h, m, s, ms, us, µs, ns'],
  ],
  [
    'a rate without a duration',
    phase('{name: a, rate: 5/s}'),
    ['5:7: replay.phases.a has a rate but no duration; add one, for example duration: 30s'],
  ],
  [
    'a phase without pacing',
    phase('{name: a}'),
    ['5:7: replay.phases.a needs one of pace: recorded, rate, visits, search, backlog or catchUp'],
  ],
  [
    'a phase with two pacings',
    phase('{name: a, rate: 5/s, duration: 1s, pace: recorded}'),
    ['5:17: replay.phases.a.rate stands beside pace, but a phase has one pacing rule; remove one of them'],
  ],
  [
    'a key of another pacing',
    phase('{name: a, rate: 5/s, duration: 1s, speed: 2}'),
    ['5:42: replay.phases.a.speed goes with pace, but this phase has rate'],
  ],
  [
    'a duration for a recorded pace',
    phase('{name: a, pace: recorded, duration: 1s}'),
    ['5:33: replay.phases.a.duration goes with rate, but this phase has pace'],
  ],
  [
    'an unknown pace',
    phase('{name: a, pace: recorder}'),
    ['5:23: replay.phases.a.pace must be recorded, but is "recorder"'],
  ],
  [
    'a speed of 0',
    phase('{name: a, pace: recorded, speed: 0}'),
    ['5:40: replay.phases.a.speed must be above 0 and at most 1,000,000, but is 0'],
  ],
  [
    'a ramp from nothing to nothing',
    phase('{name: a, rate: {from: 0/s, to: 0/s}, duration: 1s}'),
    ['5:39: replay.phases.a.rate.to must be above 0/s where from is 0/s'],
  ],
  [
    'stairs that start at nothing',
    phase('{name: a, rate: {from: 0/s, to: 9/s, steps: 3}, duration: 1s}'),
    ['5:30: replay.phases.a.rate.from must be above 0/s where there are steps'],
  ],
  [
    'a ramp without an end',
    phase('{name: a, rate: {from: 1/s}, duration: 1s}'),
    ['5:17: replay.phases.a.rate.to is missing; for example to: 500/s'],
  ],
  [
    'a burst longer than the cadence',
    phase('{name: a, visits: {cadence: 2s, burst: 3s}}'),
    [
      '5:46: replay.phases.a.visits.burst must be at most the cadence: a visit ends before the next one starts',
    ],
  ],
  [
    'a percentage above 100',
    phase('{name: a, visits: {alerts: {mean: 10, peaks: 120%}}}'),
    ['5:52: replay.phases.a.visits.alerts.peaks must be at most 100%, but is 120%'],
  ],
  [
    'a fraction where a percentage belongs',
    phase('{name: a, visits: {alerts: {mean: 10, peaks: 0.2}}}'),
    ['5:52: replay.phases.a.visits.alerts.peaks needs a unit; write 20%'],
  ],
  [
    'two phases of one name',
    phase('{name: a, rate: 5/s, duration: 1s}\n    - {name: a, rate: max, duration: 1s}'),
    ['6:14: replay.phases.a.name is the name of an earlier phase; give each a name of its own'],
  ],
  [
    'payloads at a recorded pace',
    alerts('{payload: {bytes: 9}}').replace('rate: 5/s, duration: 1s', 'pace: recorded'),
    [
      '5:28: replay.phases.steady.pace cannot be recorded where alerts are payloads: they have no times; give the phase a rate',
    ],
  ],
  [
    'payloads that are to be rewritten',
    alerts('{payload: {bytes: 9}}').replace(
      'rate: 5/s, duration: 1s',
      'pace: recorded, passes: 2, rewrite: true',
    ),
    [
      '5:28: replay.phases.steady.pace cannot be recorded where alerts are payloads: they have no times; give the phase a rate',
    ],
  ],
  [
    'rewriting at a rate',
    phase('{name: a, rate: 5/s, duration: 1s, rewrite: true}'),
    ['5:42: replay.phases.a.rewrite goes with pace, but this phase has rate'],
  ],
  [
    'a rewrite that is no truth value',
    phase('{name: a, pace: recorded, rewrite: ids}'),
    ['5:42: replay.phases.a.rewrite must be true or false, but is "ids"'],
  ],
  [
    'members beside a list of groups',
    adding('consumers: {members: 2, groups: [{name: a}]}'),
    ['6:13: consumers.members goes with a number of groups, but groups is a list; write it in each group'],
  ],
  [
    'two groups of one name',
    adding('consumers: {groups: [{name: a}, {name: a}]}'),
    ['6:40: consumers.groups.a.name is the name of an earlier group; give each a name of its own'],
  ],
  [
    'more slow members than members',
    adding('consumers: {groups: [{name: a, slow: {members: 2, pause: 1ms}}]}'),
    ["6:48: consumers.groups.a.slow.members must be at most the group's members: 1, but is 2"],
  ],
  [
    'a slow group that is not slow',
    adding('consumers: {groups: [{name: a, slow: {}}]}'),
    ['6:38: consumers.groups.a.slow needs maxRate or pause'],
  ],
  [
    'a group that is external and a command',
    adding('consumers: {groups: [{name: a, external: b, command: c}]}'),
    [
      '6:45: consumers.groups.a.command stands beside external, but a group is one of them; remove one of them',
    ],
  ],
  [
    'keys of another kind of group',
    adding('consumers: {groups: [{name: a, external: b, members: 2}, {name: c, ready: 1s}]}'),
    [
      '6:45: consumers.groups.a.members goes with groups of ours and command, but this group is external',
      '6:68: consumers.groups.c.ready goes with command, but this group is one of ours',
    ],
  ],
  [
    'what is measured of watched groups, of one of ours, of no group and without one',
    adding('consumers: {groups: [{name: a}]}\nexpect: {a.lag: < 1s, b.drain.max: < 1s, lag: < 1s}'),
    [
      '7:10: expect.a.lag is measured of external groups and commands, but "a" is one of ours; write a.endToEnd.p99',
      '7:23: expect.b.drain.max names the consumer group "b", but there is none of this name',
      '7:42: expect.lag is measured of an external group or a command, but names none; write GROUP.lag',
    ],
  ],
  [
    'readers that only an external group would be',
    adding('consumers: {groups: [{name: a, external: b}]}\nexpect: {lost: 0}'),
    [
      '7:10: expect.lost is measured by consumers, but there are none; add consumers: {groups: 1, members: 1}',
    ],
  ],
  [
    'an unknown metric',
    adding('expect: {ack.p98: "< 1ms"}'),
    ['6:10: expect.ack.p98 is not a metric; did you mean "ack.p90"?'],
  ],
  [
    'an unknown metric near nothing',
    adding('expect: {happiness: 1}'),
    [
      '6:10: expect.happiness is not a metric; known are scheduleLag.p99, ack.p99, response.p99, endToEnd.p99, scheduled, sent, unsent, acked, failed, consumed, lost, duplicated, outOfOrder, achievedRate, throughput, broker.cpuCores, broker.handlerIdle, broker.networkIdle, catchUp.seconds, catchUp.drainRate, rate, GROUP.lag, GROUP.drain.max, GROUP.committedWithin60s, GROUP.commitLatency.p99',
    ],
  ],
  [
    'an expectation without a comparison',
    adding('expect: {ack.p99: 50ms}'),
    ['6:19: expect.ack.p99 needs a comparison before 50ms; write "< 50ms"'],
  ],
  [
    'an expectation without a unit',
    adding('expect: {ack.p99: "< 50", failed: 1ms}'),
    [
      '6:19: expect.ack.p99 needs a unit; write 50ms',
      '6:35: expect.failed must be compared with a whole number such as 0, but is compared with "1ms"',
    ],
  ],
  [
    'an expectation that cannot hold',
    adding('expect: {achievedRate: ">= 101%"}'),
    ['6:24: expect.achievedRate is compared with 101%, but is at most 100%'],
  ],
  [
    'an expectation about an unknown phase',
    adding('expect: {stedy.ack.p99: "< 50ms"}'),
    ['6:10: expect.stedy.ack.p99 names the phase "stedy", but there is none of this name'],
  ],
  [
    'an expectation about reading where nobody reads',
    adding('expect: {lost: 0}'),
    [
      '6:10: expect.lost is measured by consumers, but there are none; add consumers: {groups: 1, members: 1}',
    ],
  ],
  [
    'a cluster that cannot be',
    adding('cluster: {kafkaVersion: 4.1, brokers: 2, jvm: [Xmx2g]}'),
    [
      '6:25: cluster.kafkaVersion must be a text, but is 4.1',
      '6:39: cluster.brokers must be 1 or 3, but is 2',
      '6:48: cluster.jvm.0 must be an option of the JVM such as -Xmx2g, but is "Xmx2g"',
    ],
  ],
  [
    'ZooKeeper where Kafka has none, and more replicas than brokers',
    adding('cluster: {zookeeper: true, brokers: 1}\nstream: {replication: 3}'),
    [
      '6:22: cluster.zookeeper needs a Kafka version before 4; give kafkaVersion: 3.9.1, or leave zookeeper out',
      '7:23: stream.replication is 3, but the cluster has one broker',
    ],
  ],
  [
    "a variant's cluster that cannot be",
    adding('variants: [{name: a, kafkaVersion: 4.1.2, zookeeper: true}]'),
    ['6:54: cluster.zookeeper is nothing that Kafka 4 has; give kafkaVersion: 3.9.1, or leave zookeeper out'],
  ],
  [
    'two variants of one name',
    adding('variants: [{name: a}, {name: a}]'),
    ['6:30: variants.a.name is the name of an earlier variant; give each a name of its own'],
  ],
  [
    'a variant that sets an unknown path',
    adding('variants: [{name: a, set: {kafka.clent.acks: 1}}]'),
    ['6:28: unknown key "clent" in kafka; did you mean "client"?'],
  ],
  [
    'a variant that sets an impossible value',
    adding('variants: [{name: a, set: {stream.partitions: 0}}]'),
    ['6:47: stream.partitions must be a whole number from 1 to 10,000, but is 0'],
  ],
  [
    'a variant whose topic cannot be',
    adding('variants: [{name: a, topic: {replication: 0}}]'),
    ['6:43: variants.a.topic.replication must be a whole number from 1 to 32, but is 0'],
  ],
  [
    'a variant that renames the scenario',
    adding('variants: [{name: a, set: {name: b}}]'),
    ['6:28: a variant cannot change name'],
  ],
  [
    'a registry without a scheme',
    adding('registry: {url: "localhost:8081"}'),
    ['6:17: registry.url must start with http:// or https:// and a host; or be none'],
  ],
  [
    'a server without http',
    adding('outputs: {influx: {url: localhost:8086, bucket: b}}'),
    ['6:25: outputs.influx.url must start with http:// or https:// and a host'],
  ],
  [
    'a server without a bucket',
    adding('outputs: {influx: {url: "http://h:1"}}'),
    ['6:11: outputs.influx has a url but no bucket; add one, for example bucket: alerts'],
  ],
  [
    'a limit without a unit',
    adding('limits: {drain: 60, selfCheck: {scheduleLagP99: 5}}'),
    [
      '6:17: limits.drain needs a unit; write 60s',
      '6:49: limits.selfCheck.scheduleLagP99 needs a unit; write 5ms',
    ],
  ],
  [
    'a variable that is not set',
    adding('stream: {topic: "${TOPIC}"}'),
    ['6:17: the environment variable TOPIC is not set; set it or write ${TOPIC:-default}'],
  ],
  [
    'a variable that is never closed',
    adding('stream: {topic: "${TOPIC"}'),
    ['6:17: the variable "${TOPIC" has no closing }'],
  ],
  [
    'a variable with an illegal name',
    adding('stream: {topic: "${MY-TOPIC}"}'),
    ['6:17: "${MY-TOPIC}" is not a variable; write ${NAME} or ${NAME:-default}'],
  ],
  [
    'a variable as the default of another',
    adding('stream: {topic: "${A:-${B}}"}'),
    ['6:17: the default of ${A} cannot hold another variable'],
  ],
  [
    'several faults at once',
    adding('stream: {partitons: 4, replication: 0}\nexpect: {ack.p99: 5ms}').replace('name: n', 'name: a b'),
    [
      '1:7: name must be made of letters, digits, "-" and "_", but is "a b"',
      '6:10: unknown key "partitons" in stream; did you mean "partitions"?',
      '6:37: stream.replication must be a whole number from 1 to 32, but is 0',
      '7:19: expect.ack.p99 needs a comparison before 5ms; write "< 5ms"',
    ],
  ],
  [
    'a quote that is never closed',
    adding('kafka: {bootstrap: "localhost}'),
    ['7:1: a quoted text is not closed before here'],
  ],
  [
    'a colon within a plain text',
    adding('stream: topic: x'),
    [
      '6:9: this value looks like a key with a value of its own; put a text with ": " in quotes, and a map on lines of its own, indented further',
    ],
  ],
  [
    'a plain text that starts with @',
    adding('broker: {a: @b}'),
    ['6:13: a plain text cannot start with this character; put it in quotes'],
  ],
  [
    'a key without a colon',
    adding('stream\nbroker: {}'),
    ['6:1: a key and its colon must stand on one line; is a colon missing?'],
  ],
  [
    'an unknown tag',
    adding('broker: {a: !!secret b}'),
    ['6:13: this is not YAML: unresolved tag: tag:yaml.org,2002:secret'],
  ],
  [
    'an unknown metric of a known latency',
    adding('expect: {steady.ack.p98: "< 1ms"}'),
    ['6:10: expect.steady.ack.p98 is not a metric; did you mean "ack.p90"?'],
  ],
  [
    'a boolean in place of a duration',
    phase('{name: a, rate: 5/s, duration: true}'),
    ['5:38: replay.phases.a.duration must be a duration such as 30s, but is true'],
  ],
  [
    'a word in place of a boolean',
    sound.replace('phases:', 'flushEach: sometimes\n  phases:'),
    ['4:14: replay.flushEach must be true or false, but is "sometimes"'],
  ],
  [
    'a percentage of nothing',
    adding('expect: {achievedRate: ">= 0.99"}'),
    ['6:24: expect.achievedRate needs a unit; write 99%'],
  ],
  [
    'a search without its ends',
    phase('{name: a, search: {}}'),
    [
      '5:17: replay.phases.a.search.from is missing; for example from: 500/s',
      '5:17: replay.phases.a.search.to is missing; for example to: 500/s',
    ],
  ],
  [
    'a backlog of two amounts, of a group that is not there',
    phase('{name: a, backlog: {bytes: 1GB, messages: 5}, groups: [x]}'),
    [
      '5:39: replay.phases.a.backlog.messages stands beside bytes, but a backlog has one amount; remove one of them',
    ],
  ],
  [
    'a backlog of a group that is not there, which no one reads',
    phase('{name: a, backlog: {bytes: 1GB}, groups: [x]}'),
    [
      '5:26: replay.phases.a.backlog names the consumer group "x", but there is none of this name',
      '5:26: replay.phases.a.backlog is for consumers to catch up with, but there are none; add consumers: {groups: 1}',
    ],
  ],
  [
    'a backlog of a group that joins by itself',
    phase('{name: a, backlog: {bytes: 1GB}}, {name: b, catchUp: {}}').replace(
      '    - {name: a, backlog: {bytes: 1GB}}, {name: b, catchUp: {}}',
      '    - {name: a, backlog: {bytes: 1GB}}\n    - {name: b, catchUp: {}}',
    ) + 'consumers: {groups: [{name: g}, {name: late, startAfter: 20s}]}\n',
    [
      '5:26: replay.phases.a.backlog keeps the consumer group "late" from reading, which joins by itself after its startAfter; leave that out, or name the other groups in groups',
    ],
  ],
  [
    'a search with its ends swapped',
    phase('{name: a, search: {from: 20/s, to: 10/s}}'),
    [
      '5:42: replay.phases.a.search.to must be at least from: the search goes from the lower load to the higher',
    ],
  ],
  [
    'a search with wrong units',
    phase('{name: a, search: {from: 0/s, to: 500, hold: 5, precision: 0.02, confirm: 0}}'),
    [
      '5:32: replay.phases.a.search.from must be above 0/s, but is 0/s',
      '5:41: replay.phases.a.search.to needs a unit; write 500/s, or add visits to search for alerts per visit',
      '5:52: replay.phases.a.search.hold needs a unit; write 5s',
      '5:66: replay.phases.a.search.precision needs a unit; write 2%',
      '5:81: replay.phases.a.search.confirm must be a whole number from 1 to 100, but is 0',
    ],
  ],
  [
    'an unknown key of a search',
    phase('{name: a, search: {from: 1/s, to: 2/s, settel: 1s}}'),
    ['5:46: unknown key "settel" in replay.phases.a.search; did you mean "settle"?'],
  ],
  [
    'a search beside a rate',
    phase('{name: a, rate: 5/s, duration: 1s, search: {from: 1/s, to: 2/s}}'),
    ['5:42: replay.phases.a.search stands beside rate, but a phase has one pacing rule; remove one of them'],
  ],
  [
    'a duration for a search',
    phase('{name: a, search: {from: 1/s, to: 2/s}, duration: 1s}'),
    ['5:47: replay.phases.a.duration goes with rate, but this phase has search'],
  ],
  [
    'conditions that are none',
    phase(
      '{name: a, search: {from: 1/s, to: 2/s, conditions: {ack.p98: "< 1ms", ack.p99: 5ms, lag: "< 1sec"}}}',
    ),
    [
      '5:59: replay.phases.a.search.conditions.ack.p98 is not a metric; did you mean "ack.p90"?',
      '5:86: replay.phases.a.search.conditions.ack.p99 needs a comparison before 5ms; write "< 5ms"',
      '5:96: replay.phases.a.search.conditions.lag has the unknown unit "sec"; write 1s',
    ],
  ],
  [
    'a condition that says nothing of a rate',
    phase('{name: a, search: {from: 1/s, to: 2/s, conditions: {failed: 0}}}'),
    [
      '5:58: replay.phases.a.search.conditions has nothing that too high a rate would break; add one, for example response.p99: "< 100ms"',
    ],
  ],
  [
    'a metric of whole runs as a condition',
    phase('{name: a, search: {from: 1/s, to: 2/s, conditions: {ack.p99: "< 1s", duplicated: 0}}}'),
    [
      '5:76: replay.phases.a.search.conditions.duplicated is not a metric; known are scheduleLag.p99, ack.p99, response.p99, endToEnd.p99, failed, lost, achievedRate, lag',
    ],
  ],
  [
    'a condition about reading where nobody reads',
    phase('{name: a, search: {from: 1/s, to: 2/s, conditions: {lag: "< 1s"}}}'),
    [
      '5:59: replay.phases.a.search.conditions.lag is measured by consumers, but there are none; add consumers: {groups: 1, members: 1}',
    ],
  ],
  [
    'a lag that cannot be told so soon',
    `${phase('{name: a, search: {from: 1/s, to: 2/s, hold: 1s, conditions: {lag: "< 1s"}}}')}consumers: {groups: 1}\n`,
    [
      '5:52: replay.phases.a.search.hold must be at least 2s with a condition on lag: members report their lag each second',
    ],
  ],
  [
    'a rate that no search found',
    adding('expect: {rate: ">= 5/s", steady.rate: ">= 5/s"}'),
    [
      '6:10: expect.rate is the rate that a search phase found, but names none; write PHASE.rate',
      '6:26: expect.steady.rate is the rate that a search found, but steady is not a search; write achievedRate',
    ],
  ],
];
