import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createRandom } from '../../../src/random.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { fit } from '../../../src/training/fit.ts';
import { easeNeighboursOf } from '../../../src/training/neighbours/ease.ts';
import { datasetOfBaskets } from '../../support/baskets.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('neighbours by EASE');

const idOf = (product: number) => `p${String(product).padStart(4, '0')}`;

/** Customers who bought some of the products, more of those of their own kind. */
function shopOf(customers: number, products: number): Dataset {
  const random = createRandom(products);
  const baskets = Array.from({ length: customers }, (_, c) => {
    const own = Array.from({ length: products }, (_, p) => p).filter(
      (p) => random.uniform() < (p % 3 === c % 3 ? 0.4 : 0.1),
    );
    return [`c${c}`, [{ products: [0, ...own].map(idOf) }]] as const;
  });
  return datasetOfBaskets(new Map(baskets));
}

async function allOf(dataset: Dataset, regularizations: readonly number[], signal?: AbortSignal) {
  const kernel = openKernel({ threads: 1 });
  try {
    return await easeNeighboursOf(kernel, dataset, { regularizations, signal });
  } finally {
    await kernel.close();
  }
}

async function easeOf(dataset: Dataset, regularization: number, signal?: AbortSignal) {
  return (await allOf(dataset, [regularization], signal))[0];
}

/** B as the minimum of the squared error of one product after the other, each from the normal equations of all others. */
function plainly({ products, purchases, customers }: Dataset, regularization: number, columns = products.keys()) {
  const has = customers.map(
    (_, c) => new Set(purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1])),
  );
  const together = products.map((_, j) => products.map((_, i) => has.filter((own) => own.has(j) && own.has(i)).length));
  const strengths = products.map(() => new Float64Array(products.length));
  for (const i of columns) {
    const others = products.map((_, j) => j).filter((j) => j !== i);
    const rows = others.map((j) =>
      Float64Array.from([...others.map((k) => together[j][k] + (j === k ? regularization : 0)), together[j][i]]),
    );
    for (let k = 0; k < rows.length; k++)
      for (let r = k + 1; r < rows.length; r++) {
        const scale = rows[r][k] / rows[k][k];
        for (let c = k; c <= rows.length; c++) rows[r][c] -= scale * rows[k][c];
      }
    for (let k = rows.length - 1; k >= 0; k--) {
      let right = rows[k][rows.length];
      for (let c = k + 1; c < rows.length; c++) right -= rows[k][c] * strengths[others[c]][i];
      strengths[others[k]][i] = right / rows[k][k];
    }
  }
  return strengths;
}

test('strengths are the weights that predict each product best from the others', async () => {
  const shop = shopOf(120, 37);
  const { offsets, products, strengths } = await easeOf(shop, 20);
  const expected = plainly(shop, 20);
  assert.is(products.length, 37 * 36);
  for (let j = 0; j < 37; j++)
    for (let at = offsets[j]; at < offsets[j + 1]; at++)
      assert.ok(Math.abs(strengths[at] - expected[j][products[at]]) < 1e-5, `${j} for ${products[at]}`);
  assert.ok(strengths.some((strength) => strength > 0.01) && strengths.some((strength) => strength < -0.01));
});

test('several regularizations give what each gives alone', async () => {
  const shop = shopOf(120, 37);
  assert.equal(await allOf(shop, [20, 500, 3]), [
    await easeOf(shop, 20),
    await easeOf(shop, 500),
    await easeOf(shop, 3),
  ]);
});

test('each product keeps the 200 that are largest in magnitude, of either sign, by row', async () => {
  const shop = shopOf(100, 216);
  const { offsets, products, strengths } = await easeOf(shop, 50);
  const columns = [5, 100, 215];
  const expected = plainly(shop, 50, columns.values());
  for (let j = 0; j < 216; j++) {
    const kept = products.subarray(offsets[j], offsets[j + 1]);
    assert.is(kept.length, 200);
    assert.equal(
      [...kept],
      [...kept].sort((a, b) => a - b),
    );
    const least = Math.min(...strengths.subarray(offsets[j], offsets[j + 1]).map(Math.abs));
    for (const i of columns) if (i !== j && !kept.includes(i)) assert.ok(Math.abs(expected[j][i]) < least + 1e-6);
  }
  assert.ok(strengths.some((strength) => strength < 0));
});

test('products that no list holds neither are nor have neighbours', async () => {
  const shop = shopOf(120, 20);
  const unlisted = Uint32Array.from([3, 7]);
  const { offsets, products } = await easeOf({ ...shop, unlisted }, 20);
  for (const row of unlisted) {
    assert.is(offsets[row + 1] - offsets[row], 0);
    assert.not.ok(products.includes(row));
  }
  assert.is(products.length, 18 * 17);
});

test('products that always come together need a regularization', async () => {
  const twins = datasetOfBaskets(new Map([0, 1, 2].map((c) => [`c${c}`, [{ products: ['a', 'b', 'c'] }]])));
  const error = await endcapErrorOf(easeOf(twins, 1e-30));
  assert.is(error.code, 'diverged');
  assert.match(error.message, 'EASE cannot be computed with a regularization of 1e-30: raise it');
});

test('can be aborted', async () => {
  assert.is((await endcapErrorOf(easeOf(shopOf(50, 20), 20, AbortSignal.abort()))).code, 'aborted');
});

test('a model keeps them, and lists and explanations read them as they do those of the walk', async () => {
  const shop = shopOf(120, 37);
  const options = { factors: 4, iterations: 2, threads: 1, blend: { taste: 0, trend: 0, neighbours: 1 } };
  const model = await fit(shop, { ...options, easeRegularization: 20 });
  assert.equal(model.neighbours, await easeOf(shop, 20));
  assert.is(model.metadata.ranking?.easeRegularization, 20);
  assert.is(model.metadata.options.easeRegularization, 20);
  const walk = await fit(shop, options);
  assert.not.equal(walk.neighbours, model.neighbours);
  assert.is(walk.metadata.ranking?.easeRegularization, undefined);

  const recommender = createRecommender(model, { threads: 1 });
  const { items } = recommender.recommendSync('c0', { n: 5, purchased: 'exclude', explain: true });
  const bought = model.purchases.products.subarray(model.purchases.offsets[0], model.purchases.offsets[1]);
  const expected = plainly(shop, 20);
  for (const { row, score, explanation } of items) {
    const sum = bought.reduce((total, product) => total + expected[product][row], 0);
    assert.ok(Math.abs(score - Math.sqrt(sum)) < 1e-4);
    for (const reason of explanation!.reasons)
      if (reason.kind === 'neighbours') for (const { share } of reason.products) assert.ok(share > 0 && share <= 1);
  }
  await recommender.close();
});

test.run();
