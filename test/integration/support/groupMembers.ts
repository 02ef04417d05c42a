import rdkafka from 'node-rdkafka';

/** A consumer group of clients that know nothing of this program. */
export interface GroupMembers {
  /** The partitions of each member. */
  readonly assigned: () => number[][];
  readonly stop: () => Promise<void>;
}

/**
 * Members of a group, each of which takes so many messages a second at most, and commits each second. They
 * wait for a topic that does not exist yet.
 */
export async function startMembers(
  { bootstrap, topic, group }: { readonly bootstrap: string; readonly topic: string; readonly group: string },
  ratesPerSecond: readonly number[],
): Promise<GroupMembers> {
  const members = await Promise.all(
    ratesPerSecond.map(async (perSecond) => {
      const member = new rdkafka.KafkaConsumer(
        {
          'bootstrap.servers': bootstrap,
          'group.id': group,
          'auto.commit.interval.ms': 1000,
          'topic.metadata.refresh.interval.ms': 500,
          'allow.auto.create.topics': false,
        },
        { 'auto.offset.reset': 'earliest' },
      );
      // A topic that is not there yet is no end.
      member.on('event.error', () => undefined);
      await new Promise<void>((resolve, reject) => {
        // node-rdkafka types the error as always present.
        member.connect({}, (error) => {
          if ((error as unknown) === null || (error as unknown) === undefined) resolve();
          else reject(new Error(error.message));
        });
      });
      member.setDefaultConsumeTimeout(20);
      member.subscribe([topic]);
      const timer = setInterval(() => {
        member.consume(Math.max(1, Math.round(perSecond / 10)), () => undefined);
      }, 100);
      return { member, timer };
    }),
  );
  return {
    assigned: () =>
      members.map(({ member }) =>
        member
          .assignments()
          .map(({ partition }) => partition)
          .sort((one, other) => one - other),
      ),
    stop: async () => {
      await Promise.all(
        members.map(async ({ member, timer }) => {
          clearInterval(timer);
          await new Promise((resolve) => member.disconnect(resolve));
        }),
      );
    },
  };
}
