import { z } from 'zod';
import { checkedText, ruled, settingField } from '../fields.js';
import { isMap } from '../source.js';
import { clientPropertyProblem } from '../clientProperties.js';

const hostPort = /^(\[[0-9a-fA-F:]+\]|[^\s:/,[\]]+):(\d{1,5})$/;

/** How to reach Kafka. */
export const kafkaSection = ruled(
  z.strictObject({
    bootstrap: checkedText('localhost:9092', bootstrapProblem)
      .prefault('localhost:9092')
      .meta({ description: 'Brokers to start from: host:port, several with commas between.' }),
    client: z.record(z.string(), settingField).prefault({}).meta({
      description: "librdkafka properties of every client, in librdkafka's spelling, e.g. linger.ms.",
    }),
    jmx: checkedText('localhost:9292', jmxProblem).prefault('auto').meta({
      description:
        "The brokers' JMX, for their own metrics: host:port, several with commas between; auto: that of a broker of this machine that `broker up` started; none.",
    }),
  }),
  ({ client }, report) => {
    if (!isMap(client)) return;
    for (const [name, value] of Object.entries(client)) {
      const problem = clientPropertyProblem(name, value);
      if (problem !== undefined) report(['client', name], problem.message, problem.hint, problem.atKey);
    }
  },
)
  .prefault({})
  .meta({ description: 'How to reach Kafka.' });

function jmxProblem(text: string): string | undefined {
  return text === 'auto' || text === 'none' ? undefined : bootstrapProblem(text);
}

/**
 * What is wrong with the addresses of brokers, half a sentence to follow the name of the key; undefined when
 * they are right.
 */
export function bootstrapProblem(text: string): string | undefined {
  for (const broker of text.split(',')) {
    const port = hostPort.exec(broker.trim())?.[2];
    if (port === undefined) return `must be host:port, several with commas between, but is "${text}"`;
    if (Number(port) < 1 || Number(port) > 65_535)
      return `has the port ${port}, but ports go from 1 to 65535`;
  }
  return undefined;
}
