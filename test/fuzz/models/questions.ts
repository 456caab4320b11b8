/** Asks a recommender everything it answers, and checks what holds for any model. */
import assert from 'node:assert/strict';
import { EndcapError, type ErrorCode } from '../../../src/errors.ts';
import type { Model } from '../../../src/model/model.ts';
import type { Random } from '../../../src/random.ts';
import {
  type BasketLine,
  type ListOptions,
  noRow,
  type Recommendation,
  type Recommender,
  type RecommendOptions,
} from '../../../src/recommending/types.ts';
import { chance, pick, several } from '../draw.ts';

/** The same question in its two forms, and what must hold for the answer. */
interface Question {
  batched(): Promise<unknown>;
  now(): unknown;
  check(answer: never): void;
}

/** What a question to a sound model may fail with. */
const expected: readonly ErrorCode[] = ['unknown_product', 'unknown_customer', 'no_bought_together', 'not_finite'];
/** More than a tile of queries for every instruction set. */
const askedAtOnce = 17;

/** Above this, folding in takes so long that few baskets are asked. */
const manyFactors = 256;

/** Returns how many answers there were. @param mayDiffer whether the two forms of a question may have different answers. */
export async function askEverything(recommender: Recommender, random: Random, mayDiffer = false): Promise<number> {
  const { model } = recommender;
  const isLarge = model.factors > manyFactors;
  const questions = [
    ...several(askedAtOnce, () => aboutCustomer(recommender, random, pick(random, [0, 0, 0, 1]))),
    ...several(isLarge ? 0 : 2, () => aboutCustomer(recommender, random, 2)),
    ...several(isLarge ? 1 : 2, () => aboutBasket(recommender, random, isLarge ? 1 : pick(random, [0, 1, 2]))),
    ...several(2, () => aboutProduct(recommender, random)),
    aboutTogether(recommender, random),
    aboutSimilarCustomers(recommender, random),
  ];
  const batched = await Promise.allSettled(questions.map(({ batched }) => batched()));
  let answers = 0;
  for (const [i, { now, check }] of questions.entries()) {
    const outcome = batched[i];
    const again = outcomeOf(now);
    if (outcome.status === 'rejected') {
      const { code } = typed(outcome.reason);
      assert.equal('error' in again && typed(again.error).code, code, 'only one of the two forms fails');
      continue;
    }
    if ('error' in again) throw again.error;
    if (!mayDiffer) assert.deepStrictEqual(outcome.value, again.value, 'the two forms differ');
    check(again.value as never);
    answers++;
  }
  return answers + (await askForBatches(recommender, random, model, mayDiffer));
}

function outcomeOf(ask: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: ask() };
  } catch (error) {
    return { error };
  }
}

function typed(error: unknown): EndcapError {
  if (error instanceof EndcapError && expected.includes(error.code)) return error;
  throw error;
}

function idOf(random: Random, ids: readonly string[]): string {
  return ids.length === 0 || chance(random, 0.05) ? 'nobody' : pick(random, ids);
}

function lengthOf(random: Random): number {
  return pick(random, [1, 2, 5, 10, 10, 40, 1000]);
}

/** Few options, most, or all that take part in spreading lists. */
function optionsFor(random: Random, { products }: Model, detail: number): RecommendOptions {
  if (detail === 0) return { n: 10 };
  const some = () => several(random.below(8), () => idOf(random, products));
  return {
    n: lengthOf(random),
    ...(chance(random, 0.5) && { purchased: pick(random, ['allow', 'exclude', 'only']) }),
    ...(chance(random, 0.2) && { allow: some() }),
    ...(chance(random, 0.3) && { deny: some() }),
    ...(detail > 1 && chance(random, 0.7) && { diversity: pick(random, [0, 1e-9, 0.3, 1]) }),
    ...(detail > 1 && chance(random, 0.6) && { perCategory: pick(random, [1, 2, 10_000]) }),
    ...(detail > 1 && chance(random, 0.5) && { explain: true }),
  };
}

function aboutCustomer(recommender: Recommender, random: Random, detail: number): Question {
  const { model } = recommender;
  const id = idOf(random, model.customers);
  const options = optionsFor(random, model, detail);
  return {
    batched: () => recommender.recommend(id, options),
    now: () => recommender.recommendSync(id, options),
    check: ({ items }: { items: Recommendation[] }) => checkList(items, model, options),
  };
}

function aboutBasket(recommender: Recommender, random: Random, detail: number): Question {
  const { model } = recommender;
  const lines = several(random.below(6), (): BasketLine => {
    const product = idOf(random, model.products);
    return chance(random, 0.5) ? product : { product, quantity: pick(random, [1, 2, 0.5, 1e-30, 1e9]) };
  });
  const options = { ...optionsFor(random, model, detail), customer: idOf(random, model.customers) };
  return {
    batched: () => recommender.recommendForBasket(lines, options),
    now: () => recommender.recommendForBasketSync(lines, options),
    check: ({ items }: { items: Recommendation[] }) => checkList(items, model, options),
  };
}

function listOptionsFor(random: Random, model: Model): ListOptions {
  const { n, allow, deny } = optionsFor(random, model, 1);
  return { n, allow, deny };
}

function aboutProduct(recommender: Recommender, random: Random): Question {
  const id = idOf(random, recommender.model.products);
  const options = listOptionsFor(random, recommender.model);
  return {
    batched: () => recommender.similarProducts(id, options),
    now: () => recommender.similarProductsSync(id, options),
    check: (items: Recommendation[]) => checkList(items, recommender.model, options),
  };
}

function aboutTogether(recommender: Recommender, random: Random): Question {
  const id = idOf(random, recommender.model.products);
  const options = listOptionsFor(random, recommender.model);
  return {
    batched: () => recommender.boughtTogether(id, options),
    now: () => recommender.boughtTogetherSync(id, options),
    check: (items: { row: number }[]) => checkRows(items, options.n!, recommender.model.products.length),
  };
}

function aboutSimilarCustomers(recommender: Recommender, random: Random): Question {
  const id = idOf(random, recommender.model.customers);
  const n = lengthOf(random);
  return {
    batched: () => recommender.similarCustomers(id, { n }),
    now: () => recommender.similarCustomersSync(id, { n }),
    check: (items: { row: number }[]) => checkRows(items, n, recommender.model.customers.length),
  };
}

function checkRows(items: readonly { row: number }[], n: number, rows: number): void {
  assert.ok(items.length <= Math.min(n, rows), `a list has ${items.length} entries`);
  assert.ok(
    items.every(({ row }) => row < rows),
    'a list has a row that does not exist',
  );
  assert.equal(new Set(items.map(({ row }) => row)).size, items.length, 'a list has an entry twice');
}

function checkList(
  items: readonly Recommendation[],
  { products, productInfo }: Model,
  options: RecommendOptions,
): void {
  checkRows(items, options.n!, products.length);
  const { allow, deny, diversity = 0, perCategory = Infinity } = options;
  const ofCategory = new Map<string, number>();
  for (const [place, { product, row, score, explanation }] of items.entries()) {
    assert.equal(product, products[row]);
    assert.ok(Number.isFinite(score), `a score is ${score}`);
    if (place > 0 && diversity === 0) assert.ok(score <= items[place - 1].score, 'a list is not sorted');
    assert.ok(!allow || allow.includes(product), 'a list has a product that is not allowed');
    assert.ok(!deny?.includes(product), 'a list has a product that is denied');
    if (explanation)
      assert.ok(Object.values(explanation.parts).every(Number.isFinite), 'a part of a score is not finite');
    const { category } = productInfo[row];
    if (category === undefined) continue;
    ofCategory.set(category, (ofCategory.get(category) ?? 0) + 1);
    assert.ok(ofCategory.get(category)! <= perCategory, 'a list has too many products of a category');
  }
}

/** All lists of all customers, in blocks and one by one. */
async function askForBatches(
  recommender: Recommender,
  random: Random,
  model: Model,
  mayDiffer: boolean,
): Promise<number> {
  const { explain: _, ...options } = optionsFor(random, model, chance(random, 0.3) ? 2 : 1);
  const rows = model.products.length;
  try {
    for await (const block of recommender.recommendBlocks(options)) {
      for (let c = 0; c < block.customers; c++) {
        const list = block.rows.subarray(c * block.n, (c + 1) * block.n);
        const end = list.indexOf(noRow);
        const filled = end < 0 ? list : list.subarray(0, end);
        assert.ok(
          filled.every((row) => row < rows),
          'a block has a row that does not exist',
        );
        assert.ok(
          list.subarray(filled.length).every((row) => row === noRow),
          'a list goes on after its end',
        );
      }
    }
    let answers = 0;
    for await (const { customer, items } of recommender.recommendAll(options)) {
      checkList(items, model, options);
      if (answers++ > 3 || mayDiffer) continue;
      const { items: alone } = recommender.recommendSync(customer, options);
      assert.deepStrictEqual(items, alone, 'a batch and a single request differ');
    }
    return answers;
  } catch (error) {
    typed(error);
    return 0;
  }
}
