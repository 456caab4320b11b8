import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';

const test = suite('basket');
const dataset = await readOrders(sampleOrders({ lines: 3000 }), { lines: true });
const model = await fit(dataset, { factors: 12, iterations: 8, solver: 'exact', threads: 1 });
const recommender = createRecommender(model, { threads: 1 });
const { customers, products, purchases } = model;

function linesOf(row: number): { product: string; quantity: number }[] {
  const lines = [];
  for (let pair = purchases.offsets[row]; pair < purchases.offsets[row + 1]; pair++)
    lines.push({ product: products[purchases.products[pair]], quantity: purchases.quantities![pair] });
  return lines;
}

test('a basket of everything a customer bought gives the list of that customer', () => {
  let compared = 0;
  for (let row = 0; row < customers.length; row++) {
    // A basket counts as one order.
    if (model.signals!.orders[row] > 1) continue;
    const basket = recommender.recommendForBasketSync(linesOf(row), { purchased: 'allow', n: 20 });
    const personal = recommender.recommendSync(customers[row], { n: 20 });
    assert.is(basket.source, 'basket');
    basket.items.forEach((item, i) => {
      assert.ok(
        Math.abs(item.score - personal.items[i].score) < 1e-3,
        `${customers[row]}: ${item.score}, ${personal.items[i].score}`,
      );
    });
    compared++;
  }
  assert.ok(compared > 20);
});

test('a basket without a known product is a known customer, folded in', () => {
  for (const lines of [[], ['no such product']]) checkLikeCustomer(lines);
});

function checkLikeCustomer(lines: string[]): void {
  const basket = recommender.recommendForBasketSync(lines, { customer: customers[5], n: 20, purchased: 'allow' });
  const personal = recommender.recommendSync(customers[5], { n: 20 });
  assert.is(basket.source, 'basket');
  basket.items.forEach((item, i) => {
    assert.ok(Math.abs(item.score - personal.items[i].score) < 1e-3);
  });
}

test('by default the list leaves out what is in the basket, and only that', () => {
  const own = linesOf(5).map(({ product }) => product);
  const lists = (purchased?: 'allow' | 'exclude' | 'only') =>
    recommender
      .recommendForBasketSync([products[0]], { customer: customers[5], n: 10_000, purchased })
      .items.map(({ product }) => product);
  const basketAndHistory = new Set([products[0], ...own]);
  assert.equal(new Set(lists()), new Set(products.filter((product) => product !== products[0])));
  assert.is(lists('allow').length, products.length);
  assert.equal(new Set(lists('exclude')), new Set(products.filter((product) => !basketAndHistory.has(product))));
  assert.equal(new Set(lists('only')), basketAndHistory);
});

test('without a known product or customer the list is what most orders hold', () => {
  for (const lines of [[], ['no such product']]) {
    const { items, source } = recommender.recommendForBasketSync(lines, { n: 3, customer: 'nobody' });
    assert.is(source, 'popular');
    assert.is(items.length, 3);
  }
});

test('bare ids and lines with quantities are the same, and unknown products are skipped', () => {
  const [a, b] = products;
  const plain = recommender.recommendForBasketSync([a, b]);
  assert.equal(recommender.recommendForBasketSync([{ product: a }, { product: b, quantity: 1 }]), plain);
  assert.equal(recommender.recommendForBasketSync([{ product: a, quantity: 1 }, b, 'no such product']), plain);
});

test('quantities count if the model was trained on them', async () => {
  for (const options of [{ confidence: 'quantity' } as const, { algorithm: 'quantity', factors: 4 } as const]) {
    const view = createRecommender(await fit(dataset, { iterations: 2, ...options, threads: 1 }), { threads: 1 });
    const [one, many] = [1, 50].map((quantity) =>
      view.recommendForBasketSync([{ product: products[0], quantity }], { n: 5 }),
    );
    assert.is.not(one.items[0].score, many.items[0].score);
    assert.ok(many.items.every(({ score }) => Number.isFinite(score)));
  }
});

test('lines that cannot be used are refused by their place', () => {
  for (const [line, field] of [
    [{ product: 'a', quantity: 0 }, 'quantity'],
    [{ product: 'a', quantity: Number.NaN }, 'quantity'],
    [{ product: 'a', quantity: '3' }, 'quantity'],
    [{ product: 'a', quanity: 3 }, 'quanity'],
    [{ product: null }, 'product'],
    [null, 'product'],
  ] as const)
    assert.throws(
      () => recommender.recommendForBasketSync([products[0], line as never]),
      new RegExp(`lines\\[1\\]\\.${field}`),
    );
  assert.throws(() => recommender.recommendForBasketSync('p1' as never), /lines/);
});

test.run();
