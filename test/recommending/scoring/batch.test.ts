import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noRow } from '../../../src/kernel/operations/operations.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import type { BatchOptions, RecommendationBlock } from '../../../src/recommending/types.ts';
import { fit } from '../../../src/training/fit.ts';
import { zipfDataset } from '../../bench/data.ts';
import { backends } from '../../kernel/backends.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { withNeighbours } from '../../support/neighbours.ts';

const test = suite('batch');
// More customers than two blocks hold, and more products than one level-2 block.
const dataset = zipfDataset(9000, 700, 60_000);
const trained = await fit(dataset, { factors: 10, iterations: 1, threads: 1 });
const productInfo = trained.products.map((_, row) => (row % 13 === 0 ? {} : { category: `category ${row % 8}` }));
const model = { ...trained, productInfo };

async function collect(blocks: AsyncIterable<RecommendationBlock>): Promise<RecommendationBlock[]> {
  const all = [];
  for await (const block of blocks) all.push(block);
  return all;
}

function ids(...rows: number[]): string[] {
  return rows.map((row) => model.products[row]);
}

const cases: BatchOptions[] = [
  {},
  { n: 3, purchased: 'exclude' },
  { n: 30, purchased: 'only' },
  { n: 5, deny: [...ids(1, 2, 3), 'no such product'] },
  { n: 4, allow: ids(5, 6, 7) },
  { n: 6, purchased: 'exclude', allow: ids(...Array.from({ length: 90 }, (_, i) => i * 3)), deny: ids(9) },
  { n: 6, purchased: 'only', deny: ids(0, 1), allow: ids(...Array.from({ length: 300 }, (_, i) => i)) },
];

/** These take longer, so fewer customers ask; of those with diversity, more than one thread's part with neighbours. */
const spreadCases: BatchOptions[] = [
  { n: 9, perCategory: 1 },
  { n: 90, perCategory: 2, purchased: 'exclude' },
  { n: 7, perCategory: 1, purchased: 'only', deny: ids(0, 1) },
  { n: 5, diversity: 0.4, perCategory: 1, purchased: 'exclude' },
].map((options, i) => ({ ...options, to: i === 3 ? 800 : 200 }) as BatchOptions);

for (const [kind, each] of Object.entries({ plain: model, neighbours: withNeighbours(model, 1) }))
  test(`${kind}: every customer gets, in order, exactly the list of a single request, on every backend`, async () => {
    for (const { options: kernel, absent, name } of backends) {
      if (absent) continue;
      const recommender = createRecommender(each, { ...kernel, threads: 1 });
      for (const { to = kind === 'plain' ? model.customers.length : 1000, ...options } of [...cases, ...spreadCases]) {
        let next = 0;
        for (const { firstCustomer, customers, n, rows, scores } of await collect(
          recommender.recommendBlocks({ ...options, to }),
        )) {
          assert.is(firstCustomer, next);
          assert.is(rows.length, customers * n);
          next += customers;
          for (let c = 0; c < customers; c += kind === 'plain' ? 97 : 71) {
            const { items } = recommender.recommendSync(model.customers[firstCustomer + c], options);
            for (let i = 0; i < n; i++) {
              const what = `${name} ${JSON.stringify(options)} customer ${firstCustomer + c} place ${i}`;
              assert.is(rows[c * n + i], items[i]?.row ?? noRow, what);
              assert.is(scores[c * n + i], items[i]?.score ?? 0, what);
            }
          }
        }
        assert.is(next, to);
      }
      await recommender.close();
    }
  });

for (const [kind, each] of Object.entries({ plain: model, neighbours: withNeighbours(model, 1) }))
  test(`${kind}: the same bytes for any number of threads and any split of the customers`, async () => {
    const one = createRecommender(each, { threads: 1 });
    const three = createRecommender(each, { threads: 3 });
    const join = (blocks: RecommendationBlock[]) => ({
      rows: blocks.flatMap(({ rows }) => [...rows]),
      scores: blocks.flatMap(({ scores }) => [...scores]),
    });
    const whole = join(await collect(one.recommendBlocks({ n: 5, purchased: 'exclude' })));
    assert.equal(join(await collect(three.recommendBlocks({ n: 5, purchased: 'exclude' }))), whole);
    const cuts = [0, 1, 2, 777, 778, 5000, 9000];
    const parts = [];
    for (let i = 0; i + 1 < cuts.length; i++)
      parts.push(
        ...(await collect(three.recommendBlocks({ n: 5, purchased: 'exclude', from: cuts[i], to: cuts[i + 1] }))),
      );
    assert.equal(join(parts), whole);
    await one.close();
    await three.close();
  });

test('batches at the same time, also in the background, do not disturb each other', async () => {
  const recommender = createRecommender(model, { threads: 2 });
  const [a, b, c] = await Promise.all(
    [false, false, true].map((inBackground) => collect(recommender.recommendBlocks({ n: 2, inBackground }))),
  );
  assert.equal(a, b);
  assert.equal(a, c);
  await recommender.close();
});

test('recommendAll says in objects what blocks say in arrays', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const [block] = await collect(recommender.recommendBlocks({ n: 3, to: 2 }));
  const all = [];
  for await (const one of recommender.recommendAll({ n: 3, to: 2 })) all.push(one);
  assert.equal(
    all.map(({ customer }) => customer),
    model.customers.slice(0, 2),
  );
  assert.equal(
    all.flatMap(({ items }) => items.map(({ row }) => row)),
    [...block.rows],
  );
});

test('a loop can be left early or aborted by a signal, and reports its progress', async () => {
  const recommender = createRecommender(model, { threads: 2 });
  for await (const block of recommender.recommendBlocks()) {
    assert.is(block.firstCustomer, 0);
    break;
  }
  const stop = new AbortController();
  const told: number[] = [];
  const error = await endcapErrorOf(
    collect(
      recommender.recommendBlocks({
        signal: stop.signal,
        onProgress: ({ done, total }) => {
          assert.is(total, 9000);
          told.push(done);
          stop.abort();
        },
      }),
    ),
  );
  assert.is(error.code, 'aborted');
  assert.is(told.length, 1);
  assert.equal(await collect(recommender.recommendBlocks({ from: 5, to: 5 })), []);
  await recommender.close();
});

test('customer rows out of range are refused', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  for (const options of [{ from: -1 }, { to: 9001 }, { from: 5, to: 4 }])
    assert.throws(() => recommender.recommendBlocks(options), /from|to/);
});

test.run();
