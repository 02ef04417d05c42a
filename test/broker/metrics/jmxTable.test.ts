import { describe, expect, it } from 'vitest';
import { JmxTable } from '../../../src/broker/metrics/jmxTable.js';

/** As Kafka 4.1's tool prints it, with fewer columns. */
const columns =
  '"time","java.lang:name=G1 Old Generation,type=GarbageCollector:CollectionTime","java.lang:type=Memory:HeapMemoryUsage",' +
  '"kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce:Mean"';
const heap = (used: number): string =>
  'javax.management.openmbean.CompositeDataSupport(compositeType=javax.management.openmbean.CompositeType(' +
  'name=java.lang.management.MemoryUsage,items=((itemName=committed,itemType=javax.management.openmbean.SimpleType(' +
  'name=java.lang.Long)),(itemName=init,itemType=javax.management.openmbean.SimpleType(name=java.lang.Long)))),' +
  `contents={committed=290455552, init=396361728, max=536870912, used=${used}})`;

function tableAfter(header: string): JmxTable {
  const table = new JmxTable();
  expect(table.row(header)).toBeUndefined();
  return table;
}

describe('what Kafka’s JMX tool prints', () => {
  it('is read column by column, commas of the names and of a memory usage notwithstanding', () => {
    const table = tableAfter(columns);
    expect(table.row(`1795558522735,99,${heap(211_789_840)},0.25`)).toEqual({
      atMs: 1_795_558_522_735,
      values: new Map([
        ['java.lang:name=G1 Old Generation,type=GarbageCollector:CollectionTime', 99],
        ['java.lang:type=Memory:HeapMemoryUsage', 211_789_840],
        ['kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce:Mean', 0.25],
      ]),
    });
  });

  it.each([
    ['no number', `1795558522735,,${heap(1)},NaN`],
    ['a text', `1795558522735,G1 Old,${heap(1)},Infinity`],
  ])('leaves a value out that is %s', (_, line) => {
    expect([...(tableAfter(columns).row(line)?.values.values() ?? [])]).toEqual([1]);
  });

  it.each([
    ['a message', 'Trying to connect to JMX url: service:jmx:rmi:///jndi/rmi://127.0.0.1:9292/jmxrmi.'],
    ['half a line', '1795558522735,99'],
    ['nothing', ''],
    ['a row without a time', `,99,${heap(1)},0.25`],
  ])('is no row when it is %s', (_, line) => {
    expect(tableAfter(columns).row(line)).toBeUndefined();
  });

  it('is no row before the columns are known', () => {
    expect(new JmxTable().row('1795558522735,1')).toBeUndefined();
  });
});
