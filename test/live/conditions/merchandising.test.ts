/** Lists of a shop with filters, boosts, and pins, next to a plain reference that orders all products. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import type { Boost, Condition, Pin } from '../../../src/recommending/serving/options.ts';
import type { Recommendation, RecommendOptions } from '../../../src/recommending/types.ts';
import { fit } from '../../../src/training/fit.ts';
import { shopWithHistory } from '../../recommending/shop.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { conditions, type Entry, entries, meets } from './entries.ts';

const test = suite('boosts and pins');
const model = await fit(shopWithHistory(), { factors: 8, iterations: 4, threads: 1, together: 20 });
const { customers, products, productInfo, purchases } = model;
const recommender = createRecommender(model, { threads: 1 });
const shop = await createShop({ model, threads: 1 });
test.after(async () => {
  await recommender.close();
  await shop.close();
});

const said: Entry[] = fc.sample(entries, { numRuns: products.length, seed: 2 });
said[0] = { attributes: { a: 'x', b: 1, c: true, d: 'x' } };
said[1] = { attributes: { d: 2 } };
await shop.putProducts(said.map((entry, row) => ({ product: products[row], ...entry })));
const entryOf = (row: number) => ({ ...productInfo[row], ...said[row] });

interface Asked extends Pick<RecommendOptions, 'purchased' | 'perCategory' | 'mix' | 'deny'> {
  n: number;
  filter?: Condition;
  boost?: Boost[];
  pin?: Pin[];
}

const some = fc.subarray([...products], { maxLength: 30 });
const optional: fc.Arbitrary<Asked> = fc.record(
  {
    n: fc.integer({ min: 1, max: 15 }),
    filter: conditions,
    boost: fc.array(fc.record({ filter: conditions, by: fc.constantFrom(-1, -0.3, 0.4, 1, 100) }), { maxLength: 3 }),
    pin: fc.array(
      fc.record({ product: fc.constantFrom(...products, 'unheard of'), position: fc.integer({ min: 1, max: 18 }) }),
      { maxLength: 6 },
    ),
    purchased: fc.constantFrom('allow', 'exclude', 'only'),
    deny: some,
  },
  { requiredKeys: ['n'] },
) as fc.Arbitrary<Asked>;
const limits = fc.oneof(
  fc.constant({}),
  fc.record({ perCategory: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ mix: fc.constant(1) }),
);
const requests = fc
  .tuple(optional, limits)
  .map(([asked, limit]): Asked => ({ ...asked, ...(asked.purchased === 'only' && 'mix' in limit ? {} : limit) }));

/** Products in the order of the plain list that holds them all, with their scores. */
type Ordered = readonly Pick<Recommendation, 'row' | 'score'>[];

/** The first products of an order that keep to the limit of categories. */
function first(ordered: Ordered, n: number, perCategory = Infinity): Ordered {
  const counts = new Map<string, number>();
  return ordered
    .filter(({ row }) => {
      // Of several, the first counts.
      const [category] = [entryOf(row).category ?? []].flat();
      if (category === undefined) return true;
      counts.set(category, (counts.get(category) ?? 0) + 1);
      return counts.get(category)! <= perCategory;
    })
    .slice(0, n);
}

/** What the list should be, of all products that it may hold. */
function reference(
  all: Ordered,
  { n, boost = [], pin = [], perCategory, mix = 0 }: Asked,
  bought: Set<number>,
  isPopular = false,
): Ordered {
  const rowOf = ({ product }: Pin) => products.indexOf(String(product));
  const held = new Set(all.map(({ row }) => row));
  const pins = [...pin]
    .sort((a, b) => a.position - b.position)
    .filter((each) => each.position <= n && held.has(rowOf(each)))
    .filter((each, i, list) => list.findIndex((other) => rowOf(other) === rowOf(each)) === i)
    .slice(0, n);
  const pinned = new Set(pins.map(rowOf));
  const rest = all.filter(({ row }) => !pinned.has(row));
  const length = n - pins.length;
  const plain = first(rest, Math.max(length, 10), perCategory);
  const spread = plain.length > 0 ? plain[0].score - plain.at(-1)!.score : 0;
  const scale = spread > 0 ? spread : 1;
  const lift = ({ row, score }: Ordered[number]) => {
    const by = boost.reduce((sum, { filter, by }) => sum + (meets(filter, entryOf(row)) ? by : 0), 0);
    return { row, score: boost.length > 0 ? score + scale * by : score };
  };
  // Popular products tie to the one that more orders ever held, others to the lower row.
  const ordered = rest.map(lift).sort((a, b) => b.score - a.score || (isPopular ? 0 : a.row - b.row));
  const fresh = ordered.filter(({ row }) => !bought.has(row)).slice(0, Math.min(mix, length));
  const others = first(
    ordered.filter((each) => !fresh.includes(each)),
    length - fresh.length,
    perCategory,
  );
  const list = [...fresh, ...others].sort((a, b) => ordered.indexOf(a) - ordered.indexOf(b));
  const made: Ordered[number][] = [];
  while (made.length < n && (pins.length > 0 || list.length > 0)) {
    if (pins.length > 0 && (list.length === 0 || pins[0].position <= made.length + 1)) {
      const row = rowOf(pins.shift()!);
      made.push(lift(all.find((each) => each.row === row)!));
    } else made.push(list.shift()!);
  }
  return made;
}

const listed = (items: readonly Recommendation[]): Ordered => items.map(({ row, score }) => ({ row, score }));

function same(actual: Ordered, expected: Ordered, what: string): void {
  assert.equal(
    actual.map(({ row }) => row),
    expected.map(({ row }) => row),
    what,
  );
  for (const [i, { score }] of actual.entries())
    assert.ok(Math.abs(score - expected[i].score) <= 1e-5 * Math.max(1, Math.abs(score)), `${what}: score ${i}`);
}

test('every path lists what the reference does, as many as there are', async () => {
  let [changed, short] = [0, 0];
  await fc.assert(
    fc.asyncProperty(requests, fc.nat(customers.length), fc.nat(products.length - 1), async (asked, who, what) => {
      const customer = customers[who] ?? 'nobody';
      const basket = [products[what]];
      const { filter, deny, purchased, n } = asked;
      const allow = products.filter(
        (_, row) => said[row].available !== false && (!filter || meets(filter, entryOf(row))),
      );
      const own = (row: number) => purchases.products.subarray(purchases.offsets[row], purchases.offsets[row + 1] ?? 0);
      const whole = { n: products.length, allow, deny, purchased, diversity: 0 };
      const bought = new Set(who < customers.length ? own(who) : []);
      const options = { ...asked, diversity: 0 };
      const all = await recommender.recommend(customer, whole);
      const expected = reference(
        listed(all.items),
        asked,
        all.source === 'popular' ? new Set() : bought,
        all.source === 'popular',
      );
      same(listed((await shop.recommend(customer, options)).items), expected, 'personal');
      same(listed(shop.recommendSync(customer, options).items), expected, 'personal, here');
      if (expected.length < n) short++;
      if (asked.boost && expected[0]?.row !== all.items[0]?.row) changed++;
      const allForBasket = await recommender.recommendForBasket(basket, whole);
      const forBasket = reference(listed(allForBasket.items), asked, new Set([what]));
      same(listed((await shop.recommendForBasket(basket, options)).items), forBasket, 'basket');
      const few = { n, filter, deny, boost: asked.boost, pin: asked.pin };
      const ofProduct = { n, boost: asked.boost, pin: asked.pin };
      const allSimilar = await recommender.similarProducts(products[what], { n: products.length, allow, deny });
      same(
        listed(await shop.similarProducts(products[what], few)),
        reference(listed(allSimilar), ofProduct, new Set()),
        'similar',
      );
      assert.equal(shop.similarProductsSync(products[what], few), await shop.similarProducts(products[what], few));
    }),
    { numRuns: 150 },
  );
  assert.ok(changed > 5 && short > 5, `${changed} changed, ${short} short`);
});

test('diverse lists have all their products, each once, and pins where they belong', async () => {
  await fc.assert(
    fc.asyncProperty(requests, fc.nat(customers.length - 1), async (asked, who) => {
      const options = { ...asked, diversity: 0.5 };
      const { items } = await shop.recommend(customers[who], options);
      const { boost: _, pin = [], ...plain } = options;
      const eligible = (await shop.recommend(customers[who], { ...plain, n: 70, mix: 0, perCategory: 70 })).items;
      const rows = new Set(items.map(({ row }) => row));
      assert.is(rows.size, items.length);
      for (const row of rows) assert.ok(eligible.some((each) => each.row === row));
      if (!('perCategory' in asked)) assert.is(items.length, Math.min(asked.n, eligible.length));
      const [only] = pin;
      if (pin.length === 1 && only.position <= items.length && eligible.some(({ product }) => product === only.product))
        assert.is(items[only.position - 1].product, only.product);
      assert.equal(shop.recommendSync(customers[who], options).items, items);
    }),
    { numRuns: 100 },
  );
});

test('a batch has the lists of its customers', async () => {
  for (const asked of fc.sample(requests, { numRuns: 15, seed: 5 })) {
    const options = { ...asked, boost: asked.boost ?? [{ filter: { field: 'price', min: 1 }, by: 0.5 }] };
    const batch: number[][] = [];
    const progress: number[] = [];
    const onProgress = ({ done }: { done: number }) => progress.push(done);
    for await (const { items } of shop.recommendAll({ ...options, onProgress }))
      batch.push(items.map(({ row }) => row));
    const one = await Promise.all(
      customers.map(async (id) => (await shop.recommend(id, options)).items.map(({ row }) => row)),
    );
    assert.equal(batch, one);
    assert.equal(progress, [customers.length]);
  }
  const aborted = shop.recommendAll({
    boost: [{ filter: { field: 'price', min: 1 }, by: 1 }],
    signal: AbortSignal.abort(),
  });
  assert.is((await endcapErrorOf(aborted.next())).code, 'aborted');
});

test('a boost of 1 lifts as much as the best is ahead of the last, and explanations say so', async () => {
  for (const customer of [...customers.slice(0, 10), 'nobody']) {
    const options = { n: 10, diversity: 0 };
    const plain = (await shop.recommend(customer, options)).items;
    const last = plain.at(-1)!;
    const spread = plain[0].score - last.score;
    await shop.patchProducts([{ product: last.product, attributes: { lifted: true } }]);
    const boost = [{ filter: { field: 'attributes.lifted', equals: true }, by: 1 }];
    const { items } = await shop.recommend(customer, { ...options, boost, explain: true });
    assert.ok(
      Math.abs(items.find(({ row }) => row === last.row)!.score - plain[0].score) < 1e-5 * Math.abs(plain[0].score),
    );
    for (const { row, score, explanation } of items) {
      const { parts, reasons, text } = explanation!;
      assert.is(
        reasons.some(({ kind }) => kind === 'boost'),
        row === last.row,
      );
      assert.is(text.startsWith('Lifted by the shop'), row === last.row);
      const sum = Object.values(parts).reduce((total, part) => total + part, 0);
      assert.ok(Math.abs(sum - score) < 1e-5 * Math.max(1, Math.abs(score)));
      assert.ok(Math.abs(parts.boost! - (row === last.row ? spread : 0)) < 1e-9);
    }
    const lowered = (await shop.recommend(customer, { ...options, n: 70, boost: [{ ...boost[0], by: -100 }] })).items;
    assert.is(lowered.at(-1)!.row, last.row);
    await shop.patchProducts([{ product: last.product, attributes: null }]);
  }
  const pin = [{ product: products[1], position: 2 }];
  const [first, second] = (await shop.recommend(customers[0], { pin, explain: true })).items;
  assert.equal(
    [second.product, second.explanation!.reasons[0]],
    [products[1], { kind: 'pin', text: 'placed here by the shop' }],
  );
  assert.not.ok(first.explanation!.reasons.some(({ kind }) => kind === 'pin'));
  assert.not.ok('boost' in second.explanation!.parts);
  const unboosted = await shop.recommend(customers[0], { explain: true });
  assert.not.ok('boost' in unboosted.items[0].explanation!.parts);
});

test('what is bought together moves by places, and a pin that was not found has no lift', async () => {
  const boughtTogether = {
    offsets: Uint32Array.from([0, ...products.map(() => 4)]),
    products: Uint32Array.of(5, 3, 9, 7),
    lifts: Float32Array.of(2, 4, 3, 1.5),
    orders: Uint32Array.of(9, 4, 3, 8),
  };
  const own = await createShop({ model: { ...model, boughtTogether }, threads: 1 });
  const ids = (items: readonly { product: string }[]) => items.map(({ product }) => product);
  const [product] = products;
  const plain = await own.boughtTogether(product);
  const last = plain.at(-1)!;
  const others = ids(plain.slice(0, -1));
  await own.patchProducts([{ product: last.product, attributes: { lifted: true } }]);
  const lifting = (by: number) => ({ boost: [{ filter: { field: 'attributes.lifted', equals: true }, by }] });
  assert.equal(ids(await own.boughtTogether(product, lifting(2))), [last.product, ...others]);
  assert.equal(await own.boughtTogether(product, lifting(0)), plain);
  assert.equal(ids(await own.boughtTogether(product, { ...lifting(2), n: 1 })), [last.product]);
  const missing = products[20];
  const pin = [
    { product: missing, position: 2 },
    { product: last.product, position: 1 },
    { product, position: 3 },
  ];
  const pinned = await own.boughtTogether(product, { pin });
  assert.equal(pinned[0], last);
  assert.equal([pinned[1].product, pinned[1].lift, pinned[1].orders], [missing, 0, 0]);
  assert.equal(ids(pinned.slice(2)), others);
  assert.equal(
    own.boughtTogetherSync(product, { ...lifting(2), pin }),
    await own.boughtTogether(product, { ...lifting(2), pin }),
  );
  await own.close();
});

test('what is wrong is named by its place', async () => {
  const filter = { field: 'price', max: 3 };
  const wrong: [options: object, message: RegExp][] = [
    [{ boost: filter }, /^boost: expected a list of at most 3 boosts$/],
    [{ boost: Array(4).fill({ filter, by: 1 }) }, /^boost: expected a list of at most 3 boosts$/],
    [{ boost: [{ filter }] }, /^boost\[0\]\.by: expected a number from -100 to 100$/],
    [{ boost: [{ filter, by: 101 }] }, /^boost\[0\]\.by: expected a number from -100 to 100$/],
    [{ boost: [{ by: 1 }] }, /^boost\[0\]\.filter: expected a condition/],
    [
      { boost: [{ filter: { field: 'price', max: 'x' }, by: 1 }] },
      /^boost\[0\]\.filter\.max: expected a number, since/,
    ],
    [{ boost: [{ filter, by: 1, weight: 2 }] }, /^boost\[0\]\.weight: expected one of filter, by$/],
    [
      { filter: { and: Array(60).fill(filter) }, boost: [{ filter: { or: Array(60).fill(filter) }, by: 1 }] },
      /at most 100 conditions/,
    ],
    [{ pin: [{ product: 'p01', position: 0 }] }, /^pin\[0\]\.position.*: expected a whole number from 1 to 10000$/],
    [{ pin: [{ product: 'p01' }] }, /^pin\[0\]\.position.*: expected a whole number/],
    [{ pin: [{ product: {}, position: 1 }] }, /^pin\[0\]\.product: expected an id/],
    [{ pin: Array(101).fill({ product: 'p01', position: 1 }) }, /^pin: expected a list of at most 100 pins$/],
  ];
  for (const [options, message] of wrong) {
    const { code, message: text } = await endcapErrorOf(shop.recommend(customers[0], options as never));
    assert.is(code, 'invalid_options');
    assert.match(text, message);
    assert.throws(() => shop.recommendBlocks(options as never), message);
  }
  for (const options of [{ boost: [{ filter, by: 1 }] }, { pin: [{ product: 'p01', position: 1 }] }])
    assert.match((await endcapErrorOf(recommender.recommend(customers[0], options))).message, /needs a running shop/);
});

test.run();
