import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { kernelsHere } from '../../src/kernel/available.ts';
import { decodeModel, encodeModel } from '../../src/model/file/format.ts';
import type { Model } from '../../src/model/model.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Recommender, RecommendOptions } from '../../src/recommending/types.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { train } from '../../src/tuning/train.ts';
import { filteringModel, neighbouringModel } from '../model/models.ts';
import { testUnless } from '../support/skip.ts';

const test = suite('copy of a model');

function plainModel(): Model {
  return { ...filteringModel(), ...neighbouringModel() };
}

/** The same model, its arrays in memory that threads share. */
function sharedModel(): Model {
  const shared = <T extends object>(fields: T): T =>
    Object.fromEntries(
      Object.entries(fields).map(([field, value]) => {
        if (!ArrayBuffer.isView(value)) return [field, value];
        const array = value as Float32Array;
        const type = array.constructor as new (buffer: SharedArrayBuffer) => Float32Array;
        const copy = new type(new SharedArrayBuffer(array.byteLength));
        copy.set(array);
        return [field, copy];
      }),
    ) as T;
  const model = plainModel();
  return {
    ...shared(model),
    purchases: shared(model.purchases),
    returned: shared(model.returned!),
    signals: shared(model.signals!),
    neighbours: shared(model.neighbours!),
  };
}

/** Every kind of answer, as text. */
async function answersOf(recommender: Recommender): Promise<string> {
  const answers: unknown[] = [];
  for (const purchased of ['allow', 'exclude', 'only'] as const) {
    const options: RecommendOptions = { n: 2, purchased };
    for await (const list of recommender.recommendAll(options)) answers.push(list);
    for (const id of ['10', '11', 'Zoë']) answers.push(await recommender.recommend(id, { ...options, explain: true }));
    answers.push(recommender.recommendForBasketSync(['tea'], { ...options, customer: '10' }));
  }
  answers.push(recommender.similarProductsSync('tea'), recommender.similarCustomersSync('10'));
  return JSON.stringify(answers);
}

for (const { backend, isa, runs, reason } of kernelsHere())
  for (const [kind, make] of [
    ['plain', plainModel],
    ['shared', sharedModel],
  ] as const)
    testUnless(
      test,
      runs ? undefined : reason,
      `${backend} ${isa}: a model's arrays in ${kind} memory may change after it is opened, and lists stay as they are`,
      async () => {
        const model = make();
        const recommender = createRecommender(model, { backend, isa, threads: 1 });
        const before = await answersOf(recommender);
        const { offsets, products } = model.purchases;
        products.fill(0xfffffff0);
        model.returned!.products.fill(0xfffffff0);
        model.unlisted!.fill(0xfffffff0);
        model.neighbours!.products.fill(0xfffffff0);
        model.neighbours!.strengths.fill(Number.NaN);
        assert.is(await answersOf(recommender), before);
        offsets.fill(0x7fffffff);
        model.returned!.offsets.fill(0x7fffffff);
        model.neighbours!.offsets.fill(0x7fffffff);
        model.customerFactors.fill(Number.NaN);
        model.productFactors.fill(1e38);
        assert.is(await answersOf(recommender), before);
        await recommender.close();
      },
    );

test('a model whose arrays are transferred to another thread while it is in use answers, or says so', async () => {
  const model = neighbouringModel();
  const recommender = createRecommender(model, { threads: 1 });
  const parts = [model, model.purchases, model.signals!, model.boughtTogether!, model.neighbours!];
  const before = recommender.recommendSync('10');
  const arrays = parts.flatMap((part) =>
    Object.values(part).filter((value): value is Float32Array => ArrayBuffer.isView(value)),
  );
  structuredClone(arrays, { transfer: arrays.map(({ buffer }) => buffer as ArrayBuffer) });
  assert.is(model.customerFactors.length, 0);
  assert.equal(recommender.recommendSync('10'), before);
  const told = /arrays of this model were transferred away/;
  assert.throws(() => recommender.recommendSync('10', { explain: true }), told);
  assert.throws(() => recommender.recommendForBasketSync(['tea'], { customer: '10' }), told);
  assert.is(recommender.similarProductsSync('tea').length, 1);
  assert.is(recommender.similarCustomersSync('10').length, 2);
  assert.is(recommender.boughtTogetherSync('tea').length, 0);
  assert.is(recommender.recommendForBasketSync(['tea'], { explain: true }).items.length, 1);
  for await (const block of recommender.recommendBlocks({ n: 2, purchased: 'only' })) assert.is(block.customers, 3);
  await recommender.close();
});

test('a model that was trained, loaded or saved before is checked again in what kernels trust', async () => {
  const trained = await train(await readOrders(sampleOrders({ customers: 20 })), { factors: 4, iterations: 1 });
  const loaded = await decodeModel(Buffer.concat(await encodeModel(trained)));
  for (const model of [trained, loaded])
    for (const [array, words] of [
      [model.purchases.offsets, /purchases.offsets of customer row 1 is 4294967295/],
      [model.purchases.products, /purchases.products of pair 1 is 4294967295/],
      [model.productFactors, /productFactors of product row 0 is 1\.0/],
    ] as const) {
      const value = array[1];
      array[1] = array instanceof Float32Array ? 1e30 : 0xffffffff;
      assert.throws(() => createRecommender(model, { threads: 1 }), words);
      array[1] = value;
    }
});

test.run();
