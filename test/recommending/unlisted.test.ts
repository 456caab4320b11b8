import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender } from '../../src/recommending/create.ts';
import { noRow, type Recommender } from '../../src/recommending/types.ts';
import { train } from '../../src/tuning/train.ts';
import { shopWithHistory } from './shop.ts';

const test = suite('products that lists leave out');

const shop = shopWithHistory();
const { customers, products } = shop;
/** Every third product, some of which are bought together with others. */
const unlisted = Uint32Array.from(products.keys()).filter((row) => row % 3 === 0);
/** One product that the customer did not buy, for every second customer. */
const returnedBy = customers.map((_, c) => {
  const bought = shop.purchases.products.subarray(shop.purchases.offsets[c], shop.purchases.offsets[c + 1]);
  return c % 2 === 0 ? [products.findIndex((_, row) => row > c && !bought.includes(row))] : [];
});
const returned = {
  offsets: Uint32Array.from([[], ...returnedBy], (_, c) => returnedBy.slice(0, c).flat().length),
  products: Uint32Array.from(returnedBy.flat()),
};
const options = { factors: 8, iterations: 2, regularization: 1, unobservedWeight: 1, tasteDecay: 0.9, blend: {} };
const plainModel = await train(shop, options);
const model = await train({ ...shop, unlisted, returned }, options);

async function withBoth(run: (plain: Recommender, filtering: Recommender) => Promise<void>): Promise<void> {
  const both = [plainModel, model].map((each) => createRecommender(each, { threads: 1 }));
  await run(both[0], both[1]);
  for (const each of both) await each.close();
}

const wishes = fc.record(
  {
    n: fc.integer({ min: 1, max: 80 }),
    purchased: fc.constantFrom('allow' as const, 'only' as const),
    allow: fc.subarray([...products]),
    deny: fc.subarray([...products], { maxLength: 5 }),
    perCategory: fc.integer({ min: 1, max: 9 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('lists are those of the same model with the products denied, even if they are allowed', () =>
  withBoth(async (plain, filtering) => {
    const ids = [...unlisted].map((row) => products[row]);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...customers.slice(0, 9), 'nobody'), wishes, async (customer, options) => {
        const deny = [...(options.deny ?? []), ...ids];
        const expected = plain.recommendSync(customer, { ...options, deny });
        assert.equal(filtering.recommendSync(customer, options), expected);
        assert.equal(await filtering.recommend(customer, options), expected);
        const { n, allow } = options;
        const [product] = products;
        assert.equal(
          filtering.similarProductsSync(product, { n, allow }),
          plain.similarProductsSync(product, { n, allow, deny: ids }),
        );
        assert.equal(
          filtering.recommendForBasketSync([product], options),
          plain.recommendForBasketSync([product], { ...options, deny }),
        );
      }),
      { numRuns: 60 },
    );
    const lists = async (recommender: Recommender, deny?: string[]) => {
      const all: unknown[] = [];
      for await (const list of recommender.recommendAll({ n: 70, deny })) all.push(list);
      return all;
    };
    assert.equal(await lists(filtering), await lists(plain, ids));
  }));

test('nothing is bought together with them', () =>
  withBoth(async (plain, filtering) => {
    assert.ok(plain.boughtTogetherSync('p10', { n: 20 }).some(({ row }) => row === 12));
    assert.not(unlisted.some((row) => filtering.boughtTogetherSync('p10', { n: 20 }).some((one) => one.row === row)));
    const handMade = createRecommender({ ...plainModel, unlisted }, { threads: 1 });
    assert.not(handMade.boughtTogetherSync('p10', { n: 20 }).some(({ row }) => row === 12));
    await handMade.close();
  }));

test('no reason names them', () =>
  withBoth(async (_, filtering) => {
    const named = customers.flatMap((customer) =>
      filtering
        .recommendSync(customer, { n: 30, explain: true })
        .items.flatMap(({ explanation }) => explanation!.reasons)
        .flatMap((reason) => (reason.kind === 'taste' ? reason.products.map(({ product }) => product) : [])),
    );
    assert.ok(named.length > 0);
    assert.not(named.some((id) => unlisted.includes(products.indexOf(id))));
  }));

test('what was returned in full is left out together with what was bought, and only then', () =>
  withBoth(async (_, filtering) => {
    const all = { n: 70, purchased: 'exclude' } as const;
    const batch: number[][] = [];
    for await (const { n, customers, rows } of filtering.recommendBlocks(all))
      for (let c = 0; c < customers; c++)
        batch.push([...rows.subarray(c * n, (c + 1) * n)].filter((row) => row !== noRow));
    for (const [c, customer] of customers.entries()) {
      const listed = filtering.recommendSync(customer, all).items.map(({ row }) => row);
      assert.not(
        returnedBy[c].some((row) => listed.includes(row)),
        customer,
      );
      assert.equal(batch[c], listed);
      const basket = filtering.recommendForBasketSync(['p01'], { ...all, customer }).items.map(({ row }) => row);
      assert.not(
        returnedBy[c].some((row) => basket.includes(row)),
        customer,
      );
      const any = filtering.recommendSync(customer, { n: 70 }).items.map(({ row }) => row);
      assert.ok(returnedBy[c].every((row) => any.includes(row) || unlisted.includes(row)));
    }
  }));

test.run();
