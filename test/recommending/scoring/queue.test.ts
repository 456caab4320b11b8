import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import type { OpenKernel } from '../../../src/kernel/kernel.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { recommendWith } from '../../../src/recommending/serving/prepare.ts';
import type { Recommendations, Recommender } from '../../../src/recommending/types.ts';
import { randomModel, zipfDataset } from '../../bench/data.ts';
import { backends } from '../../kernel/backends.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('request queue');
// Enough products that thirty requests are more work than the calling thread does.
const model = randomModel(zipfDataset(500, 25_000, 5000), 48);
const { customers, products } = model;
/** Each product is bought together with the next one. */
const boughtTogether = {
  offsets: Uint32Array.from({ length: products.length + 1 }, (_, row) => row),
  products: Uint32Array.from(products, (_, row) => (row + 1) % products.length),
  lifts: new Float32Array(products.length).fill(2),
  orders: new Uint32Array(products.length).fill(5),
};

const aCustomer = fc.constantFrom(...customers.slice(0, 60), 'nobody', 7);
const aProduct = fc.oneof(fc.constantFrom(...products.slice(0, 200)), fc.constant('no such product'));
const length = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(33, 64, 65, 900));
const filters = {
  n: length,
  allow: fc.array(aProduct, { maxLength: 40 }),
  deny: fc.array(aProduct, { maxLength: 40 }),
};
const purchased = fc.constantFrom('allow' as const, 'exclude' as const, 'only' as const);

/** A method of the recommender and its arguments. */
interface Request {
  method: 'recommend' | 'recommendForBasket' | 'similarProducts' | 'similarCustomers' | 'boughtTogether';
  args: readonly [subject: never, options: never];
}

const request = (method: Request['method'], subject: fc.Arbitrary<unknown>, options: fc.Arbitrary<object>) =>
  fc
    .tuple(subject, options)
    .map(([subject, options]): Request => ({ method, args: [subject as never, options as never] }));
const some = <T>(record: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(record, { requiredKeys: [] });

/** Mostly plain requests, so that many go into one call. */
const aRequest: fc.Arbitrary<Request> = fc.oneof(
  { weight: 12, arbitrary: request('recommend', aCustomer, fc.record({ n: length })) },
  { weight: 3, arbitrary: request('recommend', aCustomer, some({ ...filters, purchased })) },
  {
    weight: 2,
    arbitrary: request(
      'recommendForBasket',
      fc.array(aProduct, { maxLength: 5 }),
      some({ ...filters, purchased, customer: fc.constantFrom(...customers.slice(0, 9), 'nobody') }),
    ),
  },
  { weight: 2, arbitrary: request('similarProducts', fc.constantFrom(...products.slice(0, 50)), some(filters)) },
  {
    weight: 1,
    arbitrary: request('similarCustomers', fc.constantFrom(...customers.slice(0, 50)), some({ n: length })),
  },
  { weight: 1, arbitrary: request('boughtTogether', fc.constantFrom(...products.slice(0, 50)), some(filters)) },
);

for (const { name, options } of backends.filter((b) => !b.absent && !b.name.includes('scalar'))) {
  for (const threads of [1, 2]) {
    test(`a batch gives the answers of the synchronous twins, bit for bit: ${name}, ${threads} threads`, async () => {
      const recommender = createRecommender({ ...model, boughtTogether }, { ...options, threads });
      await fc.assert(
        fc.asyncProperty(fc.array(aRequest, { minLength: 1, maxLength: 60 }), async (requests) => {
          const batched = await Promise.all(requests.map(({ method, args }) => recommender[method](...args)));
          assert.equal(
            batched,
            requests.map(({ method, args }) => recommender[`${method}Sync`](...args)),
          );
        }),
        { numRuns: 12 },
      );
      await recommender.close();
    });
  }
}

/** A kernel whose threads wait for `go`, and the number of queries in each of their calls. */
function gated(): { kernel: OpenKernel; queries: number[]; go: (error?: Error) => void } {
  const kernel = openKernel({ threads: 1 });
  const queries: number[] = [];
  let release: (error?: Error) => void = () => {};
  const run: OpenKernel['run'] = async (operation, args, bounds, control) => {
    queries.push(bounds[bounds.length - 1]);
    const error = await new Promise<Error | undefined>((resolve) => {
      release = resolve;
    });
    if (error) throw error;
    return kernel.run(operation, args, bounds, control);
  };
  return { kernel: { ...kernel, run }, queries, go: (error) => release(error) };
}

const aTurn = () => new Promise((resolve) => setImmediate(resolve));
const ask = (recommender: Recommender, from: number, to: number) =>
  customers.slice(from, to).map((customer) => recommender.recommend(customer));

test('a large batch goes to the threads in one call, and what arrives meanwhile in the next', async () => {
  const { kernel, queries, go } = gated();
  const recommender = recommendWith(kernel, model);
  const first = ask(recommender, 0, 40);
  await aTurn();
  assert.equal(queries, [40]);
  const second = ask(recommender, 40, 70);
  await aTurn();
  const third = ask(recommender, 70, 100);
  await aTurn();
  assert.equal(queries, [40]);
  go();
  await Promise.all(first);
  assert.equal(queries, [40, 60]);
  go();
  const answers = await Promise.all([...first, ...second, ...third]);
  for (const [row, answer] of answers.entries()) assert.equal(answer, recommender.recommendSync(customers[row]));
});

test('a small batch does not wait for the threads', async () => {
  const { kernel, queries, go } = gated();
  const recommender = recommendWith(kernel, model);
  const many = ask(recommender, 0, 40);
  await aTurn();
  const allow = products.slice(0, 10);
  const { items } = await recommender.recommend(customers[0], { allow });
  assert.is(items.length, 10);
  assert.is((await recommender.recommend('nobody')).source, 'popular');
  assert.equal(queries, [40]);
  go();
  await Promise.all(many);
});

test('lists of very different lengths do not share a call', async () => {
  const { kernel, queries, go } = gated();
  const recommender = recommendWith(kernel, model);
  const short = ask(recommender, 0, 40);
  const long = recommender.recommend(customers[0], { n: 10_000 });
  await aTurn();
  go();
  await Promise.all(short);
  assert.equal(queries, [40, 1]);
  go();
  assert.is((await long).items.length, 10_000);
});

test('a failing call fails its own requests only', async () => {
  const { kernel, go } = gated();
  const recommender = recommendWith(kernel, model);
  const unlucky = ask(recommender, 0, 40);
  await aTurn();
  const lucky = ask(recommender, 40, 80);
  await aTurn();
  go(new EndcapError('aborted', 'a thread ended'));
  for (const each of unlucky) assert.is((await endcapErrorOf(each)).code, 'aborted');
  go();
  assert.is((await Promise.all(lucky)).length, 40);
});

test('a request that is aborted while it waits is never scored', async () => {
  const { kernel, queries, go } = gated();
  const recommender = recommendWith(kernel, model);
  const first = ask(recommender, 0, 40);
  await aTurn();
  const control = new AbortController();
  const signals = [control.signal, () => control.signal];
  const left = customers
    .slice(40, 70)
    .map((id, i) => endcapErrorOf(recommender.recommend(id, { signal: signals[i % 2] })));
  const stayed = ask(recommender, 70, 100);
  await aTurn();
  control.abort();
  go();
  await Promise.all(first);
  for (const each of await Promise.all(left)) assert.is(each.code, 'aborted');
  assert.equal(queries, [40, 30]);
  go();
  assert.is((await Promise.all(stayed)).length, 30);
});

test('every question takes a signal, and one that fires too late changes nothing', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const questions = (signal: AbortSignal) => [
    recommender.recommend(customers[0], { signal }),
    recommender.recommendForBasket([products[0]], { signal }),
    recommender.similarProducts(products[0], { signal }),
    recommender.similarCustomers(customers[0], { signal }),
  ];
  const aborted = await Promise.all(questions(AbortSignal.abort()).map(endcapErrorOf));
  for (const { code } of aborted) assert.is(code, 'aborted');
  const control = new AbortController();
  const answers = await Promise.all(questions(control.signal));
  control.abort();
  assert.equal(answers[0], recommender.recommendSync(customers[0]));
});

test('the answers of long lists are spread over several turns', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  const n = Math.min(1000, products.length);
  const asked = customers.slice(0, 20).map(async (id) => {
    const { items } = await recommender.recommend(id, { n });
    assert.is(items.length, n);
    return turns;
  });
  count();
  const seen = await Promise.all(asked);
  isDone = true;
  assert.ok(new Set(seen).size > 1, String(seen));
  assert.equal(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

test('a request with bad options is refused alone', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const good = recommender.recommend(customers[0]);
  assert.is((await endcapErrorOf(recommender.recommend(customers[0], { n: 0 }))).code, 'invalid_options');
  assert.is((await endcapErrorOf(recommender.recommendForBasket([null as never]))).code, 'invalid_options');
  assert.is((await endcapErrorOf(recommender.similarProducts('no such product'))).code, 'unknown_product');
  assert.equal(await good, recommender.recommendSync(customers[0]));
});

test('a basket whose scores are not finite is refused alone', async () => {
  // Without a penalty, factors whose squares vanish leave a matrix of zeros.
  const productFactors = model.productFactors.map((factor) => factor * 1e-30);
  const { options, foldIn } = model.metadata;
  const metadata = {
    ...model.metadata,
    options: { ...options, unobservedWeight: 0 },
    foldIn: { ...foldIn, regularizationScale: 0 },
  };
  const recommender = createRecommender({ ...model, productFactors, metadata }, { threads: 1 });
  const good = recommender.recommend(customers[0]);
  const bad = recommender.recommendForBasket([products[0]]);
  assert.is((await endcapErrorOf(bad)).code, 'not_finite');
  assert.equal(await good, recommender.recommendSync(customers[0]));
});

test('closing waits for the requests made before, and refuses later ones', async () => {
  for (const threads of [1, 2]) {
    const recommender = createRecommender(model, { threads });
    const expected = recommender.recommendSync(customers[3]);
    const asked = ask(recommender, 0, 50);
    await aTurn();
    const later = ask(recommender, 0, 50);
    const closing = recommender.close();
    assert.match((await endcapErrorOf(recommender.recommend(customers[0]))).message, 'closed');
    await closing;
    const answers = await Promise.all([...asked, ...later]);
    assert.equal(answers[3], expected);
    assert.equal(answers[53], expected);
  }
});

test('closing waits for a list that takes several rounds', async () => {
  // All products but one share a category, so the pool has to grow until it holds that one.
  const productInfo = products.map((_, row) => (row === products.length - 1 ? {} : { category: 'all' }));
  const recommender = createRecommender({ ...model, productInfo }, { threads: 1 });
  let answer: Recommendations | undefined;
  recommender.recommend(customers[0], { n: 2, perCategory: 1 }).then((list) => {
    answer = list;
  });
  await aTurn();
  await recommender.close();
  assert.is(answer?.items.length, 2);
});

test.run();
