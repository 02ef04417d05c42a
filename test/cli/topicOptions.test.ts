import { expect, it } from 'vitest';
import { keptPartitionsText } from '../../src/cli/topicOptions.js';

const flags = new Map([['dstTopicPartitions', '--dst-topic-partitions']]);

it('says that a topic keeps its partitions where others were asked for', () => {
  expect(keptPartitionsText('night', 1, { dstTopicPartitions: 7 }, flags)).toBe(
    'the topic night keeps its 1 partition: --dst-topic-partitions 7 is for one that is created',
  );
  expect(keptPartitionsText('night', 7, { dstTopicPartitions: 7 }, flags)).toBeUndefined();
  expect(keptPartitionsText('night', 7, { dstTopicPartitions: 1 }, new Map())).toBeUndefined();
});
