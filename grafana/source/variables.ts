import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource } from './influxQuery.js';

type Variable =
  dashboard.QueryVariableBuilder | dashboard.CustomVariableBuilder | dashboard.DatasourceVariableBuilder;

const all: dashboard.VariableOption = { selected: true, text: ['All'], value: ['$__all'] };

/** Which InfluxDB; the provisioned one comes first. */
export function datasourceVariable(): Variable {
  return new dashboard.DatasourceVariableBuilder('datasource')
    .label('InfluxDB')
    .description('The InfluxDB that holds the figures')
    .type('influxdb')
    .current({ selected: true, text: 'InfluxDB', value: 'alertsim-influxdb' });
}

/** Which variants of a scenario. */
export function variantVariable(): Variable {
  return tagVariable('variant', 'Variant', 'Variants of a scenario; “none” is the scenario as it stands')
    .query('SHOW TAG VALUES FROM "alertsim_rate" WITH KEY = "variant"')
    .allValue('.*');
}

/** Which runs, the newest first: the ids begin with the time. */
export function runVariable(): Variable {
  return tagVariable('run', 'Run', 'Runs of the chosen variants, the newest first')
    .query('SHOW TAG VALUES FROM "alertsim_rate" WITH KEY = "run" WHERE "variant" =~ /^$variant$/')
    .sort(dashboard.VariableSort.AlphabeticalDesc)
    .allValue('.*');
}

/** Which phases of the chosen runs. */
export function phaseVariable(): Variable {
  return tagVariable('phase', 'Phase', 'Phases of the chosen runs; “drain” is when consumers catch up')
    .query('SHOW TAG VALUES FROM "alertsim_rate" WITH KEY = "phase" WHERE "run" =~ /^$run$/')
    .allValue('.*');
}

/** Which watched consumer groups of the chosen runs. */
export function groupVariable(): Variable {
  return tagVariable('group', 'Group', 'Watched consumer groups, by their names in the scenario')
    .query('SHOW TAG VALUES FROM "alertsim_group" WITH KEY = "group" WHERE "run" =~ /^$run$/')
    .allValue('.*');
}

/** Which topics; Kafka's own are left out. */
export function topicVariable(): Variable {
  return tagVariable('topic', 'Topic', 'Topics of the broker, without Kafka’s own')
    .query('SHOW TAG VALUES FROM "kafka_topic" WITH KEY = "topic"')
    .regex('/^(?!__)/');
}

/** Which brokers. */
export function brokerVariable(): Variable {
  return tagVariable('broker', 'Broker', 'Brokers, as jmxtrans was told to call them')
    .query('SHOW TAG VALUES FROM "jvm_runtime" WITH KEY = "hostname"')
    .allValue('.*');
}

/** Which of the four latencies. */
export function latencyVariable(): Variable {
  return new dashboard.CustomVariableBuilder('latency')
    .label('Latency')
    .description(
      'scheduleLag: due → handed over · ack: handed over → acknowledged · response: due → acknowledged · endToEnd: due → read',
    )
    .values('response,ack,scheduleLag,endToEnd')
    .current({ selected: true, text: 'response', value: 'response' });
}

/** How finely runs are overlaid. */
export function resolutionVariable(): Variable {
  return new dashboard.CustomVariableBuilder('resolution')
    .label('Resolution')
    .description('The length of a step of the relative axis')
    .values('1s,5s,10s,60s')
    .current({ selected: true, text: '1s', value: '1s' });
}

function tagVariable(name: string, label: string, description: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(datasource)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current(all);
}
