import { growth, growthOfAll, meanSince, reading, readingOfAll } from '../brokerFigures.js';
import { composeDashboard, type ClassicDashboard } from '../compose.js';
import { figure, lines, rightAxis, type LinesSpec, type PanelSpec } from '../panels.js';
import { brokerVariable, datasourceVariable, topicVariable } from '../variables.js';

/** The stages of a request, in order; together they are its TotalTimeMs. */
const stages = `"name" =~ /^(RequestQueue|Local|Remote|ResponseQueue|ResponseSend)TimeMs$/`;
const onTopics = `"topic" =~ /^$topic$/`;

type Without<S> = Omit<S, 'interval'>;

/** jmxtrans reads every 5 s. */
const readings = (spec: Without<LinesSpec>) => lines({ ...spec, interval: '5s' });
const slopes = (spec: Without<LinesSpec>) => lines({ ...spec, interval: '10s' });
const now = (spec: Without<PanelSpec>) => figure({ ...spec, interval: '5s' });

/** A metric of ReplicaManager, the worst of all brokers. */
const replicas = (name: string): string =>
  reading({ measurement: 'kafka_replica_manager', where: `"name" = '${name}'` }, 'Value', 'max');

/** The broker by itself: health, traffic, requests, logs, JVM. */
export function broker(): ClassicDashboard {
  return composeDashboard({
    uid: 'alertsim-broker',
    title: 'Broker',
    description:
      'The broker by itself, as jmxtrans reads it each 5 s: health, traffic, requests by stage, queues, logs, JVM.',
    variables: [datasourceVariable(), brokerVariable(), topicVariable()],
    from: 'now-15m',
    refresh: '10s',
    rows: [
      {
        title: 'Health',
        panels: [
          now({
            title: 'Under-replicated partitions',
            description:
              'Partitions with fewer replicas in sync than they should have. Anything but 0 that lasts is bad.',
            unit: 'short',
            queries: [{ query: replicas('UnderReplicatedPartitions'), alias: '$tag_hostname' }],
            width: 4,
            thresholds: ['green', [1, 'red']],
          }),
          now({
            title: 'Under min.insync.replicas',
            description: 'Partitions that refuse alerts sent with acks=all.',
            unit: 'short',
            queries: [{ query: replicas('UnderMinIsrPartitionCount'), alias: '$tag_hostname' }],
            width: 4,
            thresholds: ['green', [1, 'red']],
          }),
          now({
            title: 'Offline replicas',
            description: 'Replicas that no disk holds.',
            unit: 'short',
            queries: [{ query: replicas('OfflineReplicaCount'), alias: '$tag_hostname' }],
            width: 4,
            thresholds: ['green', [1, 'red']],
          }),
          now({
            title: 'Active controllers',
            description: 'Exactly one broker of a cluster is the active controller.',
            unit: 'short',
            queries: [
              {
                query: reading({ measurement: 'kafka_controller' }, 'Value', 'last'),
                alias: '$tag_hostname',
              },
            ],
            width: 4,
          }),
          now({
            title: 'Partitions',
            description: 'Replicas that each broker holds.',
            unit: 'short',
            queries: [{ query: replicas('PartitionCount'), alias: '$tag_hostname' }],
            width: 4,
          }),
          now({
            title: 'Up for',
            description: 'Time since the broker’s JVM was started. A drop is a restart.',
            unit: 'ms',
            queries: [
              { query: reading({ measurement: 'jvm_runtime' }, 'Uptime', 'last'), alias: '$tag_hostname' },
            ],
            width: 4,
          }),
        ],
      },
      {
        title: 'Traffic',
        panels: [
          slopes({
            title: 'Messages in, by topic',
            description: 'Messages that were appended, all brokers together.',
            unit: 'suffix: msg/s',
            queries: [
              {
                query: growthOfAll({
                  measurement: 'kafka_topic',
                  where: `"name" = 'MessagesInPerSec' AND ${onTopics}`,
                  by: ['topic'],
                }),
                alias: '$tag_topic',
              },
            ],
            width: 8,
          }),
          slopes({
            title: 'Bytes in, by topic',
            description:
              'Bytes that producers sent, all brokers together; after compression, where there is any.',
            unit: 'Bps',
            queries: [
              {
                query: growthOfAll({
                  measurement: 'kafka_topic',
                  where: `"name" = 'BytesInPerSec' AND ${onTopics}`,
                  by: ['topic'],
                }),
                alias: '$tag_topic',
              },
            ],
            width: 8,
          }),
          slopes({
            title: 'Bytes out, by topic',
            description: 'Bytes that consumers fetched, all brokers together.',
            unit: 'Bps',
            queries: [
              {
                query: growthOfAll({
                  measurement: 'kafka_topic',
                  where: `"name" = 'BytesOutPerSec' AND ${onTopics}`,
                  by: ['topic'],
                }),
                alias: '$tag_topic',
              },
            ],
            width: 8,
          }),
          slopes({
            title: 'Failed requests and rejected bytes',
            description:
              'Produce and fetch requests that failed, and bytes of messages that were too large (right axis). All should be 0.',
            unit: 'reqps',
            queries: [
              {
                query: growth({
                  measurement: 'kafka_broker',
                  where: `"name" =~ /^Failed(Produce|Fetch)RequestsPerSec$/`,
                  by: ['name'],
                }),
                alias: '$tag_name $tag_hostname',
              },
              {
                query: growth({ measurement: 'kafka_broker', where: `"name" = 'BytesRejectedPerSec'` }),
                alias: 'rejected $tag_hostname',
              },
            ],
            width: 12,
            overrides: { '^rejected': rightAxis('Bps', 'rejected') },
          }),
          slopes({
            title: 'In-sync replicas that came and went',
            description:
              'Shrinks without a restart say that followers cannot keep up. One broker alone has none.',
            unit: 'ops',
            queries: [
              {
                query: growth({ measurement: 'kafka_replica_rate', by: ['name'] }),
                alias: '$tag_name $tag_hostname',
              },
            ],
            width: 12,
          }),
        ],
      },
      {
        title: 'Requests',
        panels: [
          slopes({
            title: 'Requests, by type',
            description:
              'Produce and fetch requests. Few large requests cost less than many small ones: linger.ms and batch.size.',
            unit: 'reqps',
            queries: [
              {
                query: growth({ measurement: 'kafka_request_rate', by: ['request', 'version'] }),
                alias: '$tag_request v$tag_version $tag_hostname',
              },
            ],
            width: 12,
          }),
          readings({
            title: 'Total time, 99th percentile',
            description:
              'Over Kafka’s decaying window of about five minutes: it is slow to come and slow to go.',
            unit: 'ms',
            queries: [
              {
                query: reading(
                  { measurement: 'kafka_request', where: `"name" = 'TotalTimeMs'`, by: ['request'] },
                  '99thPercentile',
                ),
                alias: '$tag_request $tag_hostname',
              },
            ],
            width: 12,
          }),
          slopes({
            title: 'Produce, by stage',
            description:
              'Mean since the reading before. RequestQueue: too few handlers. Local: the disk. Remote: followers, with acks=all. ResponseQueue and ResponseSend: the network threads.',
            unit: 'ms',
            queries: [
              {
                query: meanSince({
                  measurement: 'kafka_request',
                  where: `"request" = 'Produce' AND ${stages}`,
                  by: ['name'],
                }),
                alias: '$tag_name $tag_hostname',
              },
            ],
            width: 8,
            height: 10,
            stacked: true,
          }),
          slopes({
            title: 'Consumers’ fetches, by stage',
            description:
              'Mean since the reading before. Remote is the wait for data, up to fetch.max.wait.ms: long when little comes.',
            unit: 'ms',
            queries: [
              {
                query: meanSince({
                  measurement: 'kafka_request',
                  where: `"request" = 'FetchConsumer' AND ${stages}`,
                  by: ['name'],
                }),
                alias: '$tag_name $tag_hostname',
              },
            ],
            width: 8,
            height: 10,
            stacked: true,
          }),
          slopes({
            title: 'Followers’ fetches, by stage',
            description: 'Mean since the reading before. One broker alone has no followers: 0.',
            unit: 'ms',
            queries: [
              {
                query: meanSince({
                  measurement: 'kafka_request',
                  where: `"request" = 'FetchFollower' AND ${stages}`,
                  by: ['name'],
                }),
                alias: '$tag_name $tag_hostname',
              },
            ],
            width: 8,
            height: 10,
            stacked: true,
          }),
        ],
      },
      {
        title: 'Queues and threads',
        panels: [
          readings({
            title: 'Request and response queues',
            description:
              'Requests that wait for a handler (500 at most, queued.max.requests), answers that wait for the network.',
            unit: 'short',
            queries: [
              {
                query: reading({ measurement: 'kafka_request_channel', by: ['name'] }, 'Value', 'max'),
                alias: '$tag_name $tag_hostname',
              },
            ],
            width: 8,
          }),
          slopes({
            title: 'Idle time of threads',
            description:
              'Network threads under 30 % are the limit. Request handlers: one pool is 100 %; a broker that is its own controller has two, so 200 % is all idle (KAFKA-19606).',
            unit: 'percentunit',
            queries: [
              {
                query: reading({ measurement: 'kafka_network_idle' }, 'Value'),
                alias: 'network threads $tag_hostname',
              },
              {
                query: growth({ measurement: 'kafka_handler_idle' }, 'Count', 1e9),
                alias: 'request handlers $tag_hostname',
              },
            ],
            width: 8,
            thresholds: ['red', [0.3, 'transparent']],
          }),
          readings({
            title: 'Purgatory',
            description: 'Requests that wait for something: Produce for followers, Fetch for data.',
            unit: 'short',
            queries: [
              {
                query: reading({ measurement: 'kafka_purgatory', by: ['delayedOperation'] }, 'Value', 'max'),
                alias: '$tag_delayedOperation $tag_hostname',
              },
            ],
            width: 8,
          }),
          readings({
            title: 'Connections',
            description: 'Open connections of each listener.',
            unit: 'short',
            queries: [
              {
                query: readingOfAll(
                  { measurement: 'kafka_connections', by: ['listener'] },
                  ['networkProcessor'],
                  'connection-count',
                ),
                alias: '$tag_listener $tag_hostname',
              },
            ],
            width: 12,
          }),
          readings({
            title: 'Open files',
            description: 'Descriptors that the broker’s process holds: log segments and connections.',
            unit: 'short',
            queries: [
              {
                query: reading({ measurement: 'jvm_os' }, 'OpenFileDescriptorCount', 'max'),
                alias: '$tag_hostname',
              },
            ],
            width: 12,
          }),
        ],
      },
      {
        title: 'Logs',
        panels: [
          slopes({
            title: 'Log flushes',
            description: 'How often segments are forced to disk. Kafka leaves most of that to the system.',
            unit: 'ops',
            queries: [{ query: growth({ measurement: 'kafka_log_flush' }), alias: '$tag_hostname' }],
            width: 8,
          }),
          readings({
            title: 'Time of a flush',
            description: 'Median and 99th percentile over Kafka’s decaying window: the disk’s own speed.',
            unit: 'ms',
            queries: [
              {
                query: reading({ measurement: 'kafka_log_flush' }, '50thPercentile'),
                alias: 'p50 $tag_hostname',
              },
              {
                query: reading({ measurement: 'kafka_log_flush' }, '99thPercentile'),
                alias: 'p99 $tag_hostname',
              },
            ],
            width: 8,
          }),
          readings({
            title: 'Size of topics',
            description: 'Bytes on each broker’s disk.',
            unit: 'bytes',
            queries: [
              {
                query: readingOfAll(
                  { measurement: 'kafka_log_size', where: onTopics, by: ['topic'] },
                  ['partition'],
                  'Value',
                ),
                alias: '$tag_topic $tag_hostname',
              },
            ],
            width: 8,
          }),
        ],
      },
      {
        title: 'JVM',
        panels: [
          readings({
            title: 'Heap',
            description:
              'In use, taken from the system, and the limit. A saw-tooth under the limit is healthy.',
            unit: 'bytes',
            queries: ['used', 'committed', 'max'].map((part) => ({
              query: reading({ measurement: 'jvm_memory' }, `HeapMemoryUsage_${part}`, 'max'),
              alias: `${part} $tag_hostname`,
            })),
            width: 8,
          }),
          slopes({
            title: 'Garbage collection',
            description:
              'Share of the time in which the JVM collected. Above 10 % it is what the broker does for a living.',
            unit: 'percentunit',
            queries: [
              {
                query: growth({ measurement: 'jvm_gc', by: ['name'] }, 'CollectionTime', 1000),
                alias: '$tag_name $tag_hostname',
              },
            ],
            width: 8,
            thresholds: ['transparent', [0.1, 'red']],
          }),
          slopes({
            title: 'CPU',
            description: 'Cores that the broker’s process used, and the machine’s load (right axis).',
            unit: 'suffix: cores',
            queries: [
              {
                query: growth({ measurement: 'jvm_os' }, 'ProcessCpuTime', 1e9),
                alias: 'broker $tag_hostname',
              },
              { query: reading({ measurement: 'jvm_os' }, 'SystemCpuLoad'), alias: 'machine $tag_hostname' },
            ],
            width: 8,
            overrides: { '^machine': rightAxis('percentunit', 'machine') },
          }),
          readings({
            title: 'Memory pools',
            description: 'Bytes in use in each pool of the JVM.',
            unit: 'bytes',
            queries: [
              {
                query: reading({ measurement: 'jvm_memorypool', by: ['name'] }, 'Usage_used', 'max'),
                alias: '$tag_name $tag_hostname',
              },
            ],
            width: 12,
          }),
          readings({
            title: 'Threads',
            description: 'Threads of the broker’s process. It grows with listeners, not with the rate.',
            unit: 'short',
            queries: [
              {
                query: reading({ measurement: 'jvm_threads' }, 'ThreadCount', 'max'),
                alias: '$tag_hostname',
              },
            ],
            width: 12,
          }),
        ],
      },
    ],
  });
}
