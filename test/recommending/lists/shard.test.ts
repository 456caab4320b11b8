import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import type { EndcapError } from '../../../src/errors.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { rowsOfShard, type Shard } from '../../../src/recommending/lists/shard.ts';
import type { BatchOptions, CustomerRecommendations } from '../../../src/recommending/types.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';

const test = suite('shards');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const { customers } = model;
const recommender = createRecommender(model, { threads: 1 });
test.after(() => recommender.close());

const shardsOf = (of: number) => Array.from({ length: of }, (_, i): Shard => `${i + 1}/${of}`);

async function listsOf(options: BatchOptions): Promise<CustomerRecommendations[]> {
  const lists = [];
  for await (const list of recommender.recommendAll(options)) lists.push(list);
  return lists;
}

test('shards follow each other from the first customer to the last, and differ by one customer at most', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000_000), fc.integer({ min: 1, max: 300 }), (count, of) => {
      let end = 0;
      for (const shard of shardsOf(of)) {
        const { from, to } = rowsOfShard(shard, count);
        assert.is(from, end);
        assert.ok(to - from === Math.floor(count / of) || to - from === Math.ceil(count / of));
        end = to;
      }
      assert.is(end, count);
    }),
  );
  assert.equal(rowsOfShard('1000000/1000000', 2 ** 31), { from: 2 ** 31 - 2148, to: 2 ** 31 });
});

test('the lists of all shards are those of the whole, however many there are', async () => {
  const asked: BatchOptions[] = [{ n: 5 }, { n: 7, purchased: 'exclude', mix: 2 }, { n: 6, diversity: 0.4 }];
  for (const options of asked) {
    const whole = await listsOf(options);
    assert.is(whole.length, customers.length);
    for (const of of [1, 3, 64, customers.length + 5]) {
      const parts = [];
      for (const shard of shardsOf(of)) parts.push(...(await listsOf({ ...options, shard })));
      assert.equal(parts, whole, `${of} shards of ${JSON.stringify(options)}`);
    }
  }
});

test('progress is that of the shard', async () => {
  const seen: { done: number; total: number }[] = [];
  await listsOf({ shard: '2/3', onProgress: ({ done, total }) => seen.push({ done, total }) });
  const { from, to } = rowsOfShard('2/3', customers.length);
  assert.equal(seen.at(-1), { done: to - from, total: to - from });
});

test('a shard that does not exist, or stands beside rows, is refused at the call', () => {
  const codeOf = (options: object) => {
    try {
      recommender.recommendBlocks(options);
    } catch (error) {
      return (error as EndcapError).code;
    }
  };
  const bad = [
    '0/3',
    '4/3',
    '3/0',
    '1.5/3',
    '-1/3',
    '3',
    '3/',
    '/3',
    ' 1/3',
    '01/3',
    '1/3\n',
    '1/1000001',
    '',
    3,
    null,
  ];
  for (const shard of bad) assert.is(codeOf({ shard }), 'invalid_options', JSON.stringify(shard));
  assert.is(codeOf({ shard: '1/3', to: 5 }), 'invalid_options');
  assert.is(codeOf({ shard: '1/3', from: 0 }), 'invalid_options');
  assert.is(codeOf({ shard: '3/3' }), undefined);
});

test.run();
