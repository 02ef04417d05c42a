import { expect, it } from 'vitest';
import { MembersSeen } from '../../src/measure/membersSeen.js';

const stable = (...members: readonly [id: string, ...partitions: string[]][]) => ({
  state: 'Stable',
  members: members.map(([id, ...partitions]) => ({ id, partitions })),
});
const empty = { state: 'Empty', members: [] };

it.each([
  ['no change is none', [stable(['a', 't:0']), stable(['a', 't:0'])], { min: 1, max: 1 }, 0],
  ['a member that joins', [stable(['a', 't:0']), stable(['a'], ['b', 't:0'])], { min: 1, max: 2 }, 1],
  [
    'one that is seen on its way, and over',
    [empty, { ...empty, state: 'PreparingRebalance' }, stable(['a'])],
    { min: 0, max: 1 },
    1,
  ],
  [
    'one that ends as it began',
    [stable(['a']), { ...stable(['a']), state: 'CompletingRebalance' }, stable(['a'])],
    { min: 1, max: 1 },
    1,
  ],
  [
    'one that is not over',
    [stable(['a']), { ...stable(['a']), state: 'Reconciling' }],
    { min: 1, max: 1 },
    1,
  ],
  ['a restart: another id', [stable(['a', 't:0']), empty, stable(['b', 't:0'])], { min: 0, max: 1 }, 2],
])('%s', (_what, samples, members, rebalances) => {
  const seen = new MembersSeen();
  for (const one of samples) seen.add(one);
  expect(seen.result()).toEqual({ members, rebalances });
});

it('does not count that members are stopped and started on purpose', () => {
  const seen = new MembersSeen();
  seen.add(stable(['a', 't:0']));
  seen.suspend();
  for (const one of [stable(['a', 't:0']), { ...empty, state: 'PreparingRebalance' }, empty]) seen.add(one);
  seen.resume();
  for (const one of [empty, { ...empty, state: 'PreparingRebalance' }, stable(['b', 't:0'])]) seen.add(one);
  expect(seen.result()).toEqual({ members: { min: 1, max: 1 }, rebalances: 0 });
  seen.add(stable(['b'], ['c', 't:0']));
  expect(seen.result()).toEqual({ members: { min: 1, max: 2 }, rebalances: 1 });
});

it('waits for all members that were stopped, or until those that came stay', () => {
  const seen = new MembersSeen();
  const both = stable(['a', 't:0'], ['b', 't:1']);
  seen.add(both);
  seen.suspend();
  seen.resume();
  for (const one of [stable(['c', 't:0', 't:1']), stable(['c', 't:0'], ['d', 't:1'])]) seen.add(one);
  expect(seen.result()).toEqual({ members: { min: 2, max: 2 }, rebalances: 0 });
  seen.suspend();
  seen.resume();
  for (const one of [stable(['e', 't:0', 't:1']), stable(['e', 't:0', 't:1'])]) seen.add(one);
  expect(seen.result()).toEqual({ members: { min: 1, max: 2 }, rebalances: 0 });
});

it('knows nothing without a sample', () => {
  expect(new MembersSeen().result()).toEqual({ members: null, rebalances: null });
});
