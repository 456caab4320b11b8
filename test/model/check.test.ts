import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { encodeModel } from '../../src/model/file/format.ts';
import type { Model } from '../../src/model/model.ts';
import { treeDepth, treeLeaves } from '../../src/ranking/trees.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { filteringModel, neighbouringModel, sellingModel, smallModel, treedModel } from './models.ts';

const test = suite('check of a model');
const options = { threads: 1 };

/** The error that a model is refused with, before a kernel sees it; undefined if it is not. */
async function refusal(model: unknown): Promise<EndcapError | undefined> {
  try {
    await createRecommender(model as Model, options).close();
    return undefined;
  } catch (error) {
    if (error instanceof EndcapError && error.code === 'model_unreadable') return error;
    throw error;
  }
}

async function refused(model: unknown, words: RegExp): Promise<void> {
  assert.match((await refusal(model))?.message ?? 'it was not refused', words);
}

/** A model with one value replaced; `path` leads there. */
function replaced(model: object, [field, ...rest]: readonly string[], value: unknown): Model {
  const inner = (model as Record<string, unknown>)[field];
  return { ...(model as Model), [field]: rest.length === 0 ? value : replaced(inner as object, rest, value) };
}

/** The paths of all fields, down to arrays. */
function pathsOf(value: object): string[][] {
  return Object.entries(value).flatMap(([field, inner]) =>
    typeof inner === 'object' && !Array.isArray(inner) && !ArrayBuffer.isView(inner)
      ? [[field], ...pathsOf(inner).map((path) => [field, ...path])]
      : [[field]],
  );
}

test('what is not a model is refused, and so is one without a field that models have', async () => {
  for (const [what, words] of [
    [null, /it is null; expected what train or loadModel returns/],
    [undefined, /it is undefined/],
    [5, /it is 5/],
    ['x', /it is 'x'/],
    [[], /it is an array/],
    [() => 1, /it is a function/],
    [new Float32Array(1), /it is a Float32Array/],
    [{}, /algorithm is undefined; expected 'als' or 'quantity'/],
  ] as const)
    await refused(what, words);
  for (const [path, words] of [
    ['customerFactors', /customerFactors is undefined; expected a Float32Array/],
    ['products', /products is undefined; expected an array/],
    ['purchases', /purchases is undefined; expected an object/],
    ['purchases.offsets', /purchases.offsets is undefined; expected a Uint32Array/],
    ['signals', /it has a ranking but no signals/],
    ['neighbours', /its ranking weighs neighbours, but it has none/],
    ['neighbours.strengths', /neighbours.strengths is undefined; expected a Float32Array/],
    ['signals.recency', /signals.recency is undefined; expected a Float32Array/],
    ['metadata', /metadata: .*expected an object, received undefined/],
    ['metadata.account', /metadata.account: .*expected an object, received undefined/],
  ] as const)
    await refused(replaced(neighbouringModel(), path.split('.'), undefined), words);
});

test('an array of another kind or length is refused by its name', async () => {
  const model = smallModel();
  for (const [path, value, words] of [
    ['customerFactors', [1, 2, 3, 4, 5, 6], /customerFactors is an array; expected a Float32Array/],
    ['productFactors', new Float64Array(4), /productFactors is a Float64Array; expected a Float32Array/],
    ['purchases.offsets', Float64Array.of(0, 2, 2, 3), /purchases.offsets is a Float64Array; expected a Uint32Array/],
    ['purchases.products', new Uint32Array(2), /purchases.quantities has 3 values; expected 2/],
    ['signals.popularity', new Float32Array(3), /signals.popularity has 3 values; expected 2/],
    ['boughtTogether.offsets', new Uint32Array(2), /boughtTogether.offsets has 2 values; expected 3/],
    ['productInfo', [{}], /productInfo has 1 entries; expected one for each of the 2 products/],
    ['purchases.products', new Proxy(model.purchases.products, {}), /purchases.products is an object/],
  ] as const)
    await refused(replaced(model, path.split('.'), value), words);
  const resizable = new Float32Array(
    new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(12, { maxByteLength: 64 }),
  );
  await refused(replaced(model, ['signals', 'recency'], resizable), /resizable buffer; expected one of a fixed length/);
});

test('a value that kernels or answers cannot take is refused: which, of which row, and what is expected', async () => {
  const model = { ...filteringModel(), ...neighbouringModel(), repeatTrees: treedModel().repeatTrees };
  const of = (array: ArrayLike<number>, index: number, value: number) =>
    Object.assign((array as Float32Array).slice(), { [index]: value });
  for (const [path, index, value, words] of [
    ['customerFactors', 3, Number.NaN, /customerFactors of customer row 1 is NaN; expected a number from -1.* to 1/],
    ['productFactors', 2, 3e37, /productFactors of product row 1 is \d.*e\+37; expected/],
    ['productFactors', 2, -1e16, /productFactors of product row 1 is -1.*; expected/],
    ['purchases.offsets', 0, 1, /purchases.offsets of customer row 0 is 1; expected 0/],
    ['purchases.offsets', 1, 4, /purchases.offsets of customer row 1 is 4; expected a number from 0 to 3/],
    ['purchases.offsets', 2, 1, /purchases.offsets of customer row 2 is 1; expected a number from 2 to 3/],
    ['purchases.offsets', 3, 2, /purchases.offsets of customer row 3 is 2; expected 3/],
    ['purchases.products', 2, 2, /purchases.products of pair 2 is 2; expected a row from 0 to 1/],
    ['purchases.products', 1, 0, /purchases.products of pair 1 is 0; expected a row from 1 to 1, since .* ascend/],
    ['purchases.quantities', 1, 0, /purchases.quantities of pair 1 is 0; expected a number above 0/],
    ['purchases.orders', 1, 2 ** 31, /purchases.orders of pair 1 is 2147483648; expected a whole number from 1/],
    ['purchases.lastPurchase', 1, Infinity, /purchases.lastPurchase of pair 1 is Infinity; expected a time/],
    ['unlisted', 0, 2, /unlisted of place 0 is 2; expected a row from 0 to 1/],
    ['returned.offsets', 1, 2, /returned.offsets of customer row 1 is 2; expected a number from 0 to 1/],
    ['returned.products', 0, 2, /returned.products of returned pair 0 is 2; expected a row from 0 to 1/],
    ['signals.recency', 0, -1, /signals.recency of pair 0 is -1; expected a number from 0 to 2147483648/],
    ['signals.recency', 0, 1e12, /signals.recency of pair 0 is .*; expected a number from 0 to 2147483648/],
    ['signals.tasteRecency', 2, Number.NaN, /signals.tasteRecency of pair 2 is NaN/],
    ['signals.orders', 2, 2 ** 31, /signals.orders of customer row 2 is 2147483648/],
    ['signals.popularity', 1, Infinity, /signals.popularity of product row 1 is Infinity; expected a number of 0 or/],
    ['signals.uptake', 1, -1, /signals.uptake of product row 1 is -1/],
    ['signals.repeatPropensity', 1, 1e30, /signals.repeatPropensity of product row 1 is .*; expected .* -1000 to 1000/],
    ['boughtTogether.offsets', 1, 3, /boughtTogether.offsets of product row 1 is 3; expected a number from 0 to 2/],
    ['boughtTogether.products', 0, 2, /boughtTogether.products of pair of products 0 is 2; expected a row from 0 to 1/],
    ['boughtTogether.lifts', 0, 0, /boughtTogether.lifts of pair of products 0 is 0; expected a number above 0/],
    ['boughtTogether.orders', 1, 0, /boughtTogether.orders of pair of products 1 is 0/],
    ['neighbours.offsets', 0, 1, /neighbours.offsets of product row 0 is 1; expected 0/],
    ['neighbours.offsets', 1, 4, /neighbours.offsets of product row 1 is 4; expected a number from 0 to 3/],
    ['neighbours.offsets', 2, 2, /neighbours.offsets of product row 2 is 2; expected 3/],
    ['neighbours.products', 2, 2, /neighbours.products of pair of neighbours 2 is 2; expected a row from 0 to 1/],
    ['neighbours.products', 1, 0, /neighbours.products of .* 1 is 0; expected a row from 1 to 1, since .* ascend/],
    ['neighbours.strengths', 1, Number.NaN, /neighbours.strengths of pair of neighbours 1 is NaN; expected a number/],
    ['neighbours.strengths', 1, 2e9, /neighbours.strengths of .* is 2000000000; expected .* -1000000000 to 1000000000/],
    ['repeatTrees.features', 7, 20, /repeatTrees.features of tree 1 is 20; expected a feature from 0 to 19/],
    ['repeatTrees.thresholds', 2, Number.NaN, /repeatTrees.thresholds of tree 0 is NaN; expected a number/],
    ['repeatTrees.leaves', 40, Number.NaN, /repeatTrees.leaves of tree 1 is NaN; expected a number from -1000 to 1000/],
    ['repeatTrees.leaves', 1, 1e6, /repeatTrees.leaves of tree 0 is 1000000; expected/],
    ['repeatTrees.slopes', 3, 1e4, /repeatTrees.slopes of value 3 is 10000; expected a number from -1000 to 1000/],
    ['repeatTrees.productIntervals', 1, -1, /repeatTrees.productIntervals of product row 1 is -1/],
    ['repeatTrees.customerIntervals', 2, Infinity, /repeatTrees.customerIntervals of customer row 2 is Infinity/],
    ['repeatTrees.popularity14', 0, Number.NaN, /repeatTrees.popularity14 of product row 0 is NaN/],
    ['repeatTrees.popularity30', 0, -2, /repeatTrees.popularity30 of product row 0 is -2/],
  ] as const) {
    const steps = path.split('.');
    const array = steps.reduce<unknown>((value, field) => (value as Record<string, unknown>)[field], model);
    await refused(replaced(model, steps, of(array as Float32Array, index, value)), words);
  }
  for (const [field, value, words] of [
    ['factors', 0, /factors is 0; expected a whole number from 1 to 2048/],
    ['factors', 2049, /factors is 2049/],
    ['factors', '2', /factors is '2'/],
    ['algorithm', 'svd', /algorithm is 'svd'/],
    ['customers', ['10', 11, 'Zoë'], /customers\[1\] is 11; expected an id/],
    ['customers', ['10', '', 'Zoë'], /customers\[1\] is ''; expected an id/],
    ['products', ['tea', 'mug'], /products\[1\] is 'mug', after 'tea'; expected ids that are distinct and sorted/],
    ['productInfo', [{}, null], /productInfo of product row 1 is null; expected an object/],
    ['productInfo', [{ name: 5 }, {}], /the name of product row 0 is 5; expected a string/],
    ['productInfo', [{}, { price: Infinity }], /the price of product row 1 is Infinity; expected a finite number/],
  ] as const)
    await refused({ ...model, [field]: value }, words);
});

test('trees are refused if there are too many, if one is not whole, or without a ranking', async () => {
  const model = treedModel();
  const many = (count: number) => ({
    ...model.repeatTrees!,
    features: new Uint8Array(count * treeDepth),
    thresholds: new Float32Array(count * treeDepth),
    leaves: new Float32Array(count * treeLeaves),
  });
  await refused({ ...model, repeatTrees: many(1001) }, /repeatTrees.features of tree 1000 is 0; expected at most 1000/);
  const { features, ...rest } = model.repeatTrees!;
  const torn = { ...rest, features: features.slice(1) };
  await refused({ ...model, repeatTrees: torn }, /repeatTrees.thresholds has 10 values; expected 9/);
  await refused(
    { ...model, repeatTrees: { ...many(2), leaves: new Float32Array(2 * treeLeaves - 1) } },
    /repeatTrees.leaves has 63 values; expected 64/,
  );
  const { ranking: _, ...metadata } = model.metadata;
  await refused({ ...model, metadata }, /it has trees but no ranking/);
});

test('sales are refused without their periods, and if one is not of them', async () => {
  const model = sellingModel();
  await refused(replaced(model, ['sales'], undefined), /it has periods of sales but no sales/);
  await refused(replaced(model, ['metadata', 'sales'], undefined), /it has sales but no periods of them/);
  await refused(replaced(model, ['sales', 'orders'], undefined), /sales.orders is undefined; expected a Uint32Array/);
  await refused(replaced(model, ['sales', 'orders'], new Uint32Array(2)), /sales.orders has 2 values; expected 3/);
  await refused(replaced(model, ['sales', 'periods'], Uint8Array.of(0, 3, 1)), /sales.periods .* 1 is 3; expected/);
  await refused(replaced(model, ['metadata', 'sales', 'periods'], 2), /sales.periods .* 1 is 2; expected a period/);
  assert.is(await refusal(model), undefined);
});

test('a product that is bought together with another twice is refused', async () => {
  const twice = {
    offsets: Uint32Array.of(0, 0, 2),
    products: Uint32Array.of(0, 0),
    lifts: Float32Array.of(2, 2),
    orders: Uint32Array.of(3, 3),
  };
  const words =
    /boughtTogether.products of pair of products 1 is 0; expected another row, since product row 1 has that/;
  await refused({ ...smallModel(), boughtTogether: twice }, words);
  await refused(
    { ...smallModel(), boughtTogether: { ...twice, offsets: Uint32Array.of(0, 1, 2) } },
    /it was not refused/,
  );
});

test('metadata that folding in, ranking or explaining reads is refused if it is of another type or out of range', async () => {
  for (const [path, values] of [
    ['options.unobservedWeight', ['x', '', true, -1, 1e308, Number.NaN, Infinity]],
    ['options.regularization', ['8', -1, Number.NaN]],
    ['options.frequencyExponent', ['1', -0.1, 3]],
    ['options.confidence', ['cg', 1, '']],
    ['options.tasteDecay', ['0.7', 0, 1.5]],
    ['options.anything', [null, {}, []]],
    ['foldIn.confidenceScale', ['1', -1, 1e308, Number.NaN]],
    ['foldIn.regularizationScale', [null, -1, 1e308]],
    ['ranking.taste', ['2', -1, 1e30]],
    ['ranking.bought', [null, 1e30, -1e30]],
    ['ranking.neighbours', [null, '1', -1, 1e30]],
    ['ranking.decay', [0, 1.5, Number.NaN]],
    ['ranking.windowDays', [0, Infinity, '60']],
    ['account.lastPurchase', [1e16, '2020', Infinity]],
  ] as const)
    for (const value of values)
      await refused(replaced(smallModel(), ['metadata', ...path.split('.')], value), new RegExp(`metadata.${path}: `));
});

test('what a model says of its store and of its orders alone is refused if it cannot be', async () => {
  const learned = { store: '9f', seq: 12 };
  const source = { read: 5, purchases: 3, customers: 2, products: 2 };
  for (const [path, whole, broken] of [
    ['learned', learned, { store: '' }],
    ['learned', learned, { seq: -1 }],
    ['account.source', source, { purchases: 1.5 }],
    ['account.source', source, { lastPurchase: '2020' }],
  ] as const) {
    const at = ['metadata', ...path.split('.')];
    assert.is(await refusal(replaced(smallModel(), at, whole)), undefined);
    const [field] = Object.keys(broken);
    await refused(replaced(smallModel(), at, { ...whole, ...broken }), new RegExp(`metadata.${path}.${field}: `));
  }
});

test('a model is the same or refused, whichever of its fields has whatever value', async () => {
  const wrong = [undefined, null, 0, -1, 1e308, Number.NaN, '', 'x', true, [], {}, [[]], () => 1, Symbol('s'), 5n];
  const arrays = [new Float32Array(3), new Float64Array(3), new Uint32Array(3).fill(7), new Uint8Array(0), new Map()];
  const whole = { ...neighbouringModel(), repeatTrees: treedModel().repeatTrees };
  for (const path of pathsOf(whole))
    for (const value of [...wrong, ...arrays, Object.create(null)]) {
      const model = replaced(whole, path, value);
      await refusal(model);
      const error = await encodeModel(model).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (error !== undefined) assert.ok(error instanceof EndcapError && error.code === 'write_failed', String(error));
    }
});

test('an object that throws while it is read, or says something else each time, is refused or read once', async () => {
  const model = smallModel();
  const thrower = Object.defineProperty({ ...model }, 'purchases', {
    get: () => {
      throw new RangeError('no');
    },
  });
  await refused(thrower, /reading its fields fails: no/);
  const { proxy, revoke } = Proxy.revocable(model, {});
  revoke();
  await refused(proxy, /reading its fields fails/);
  assert.is(await refusal(new Proxy(model, {})), undefined);
  let reads = 0;
  const fickle = Object.defineProperty({ ...model.purchases }, 'products', {
    get: () => (reads++ === 0 ? model.purchases.products : Uint32Array.of(1e9, 1e9, 1e9)),
  });
  assert.is(await refusal({ ...model, purchases: fickle }), undefined);
  assert.is(reads, 1);
});

test('an array of a subclass is the array, whatever the subclass says', async () => {
  class Longer extends Uint32Array {
    override get length() {
      return 1e6;
    }
  }
  const products = new Longer(smallModel().purchases.products);
  const model = replaced(smallModel(), ['purchases', 'products'], products);
  assert.is(await refusal(model), undefined);
});

test('a model that is broken stays refused', async () => {
  const broken = { ...smallModel(), products: ['tea', 'mug'] };
  for (let i = 0; i < 2; i++) await refused(broken, /distinct and sorted/);
});

test('what saving has checked is not checked again, but for what kernels trust', async () => {
  const model = smallModel();
  let looks = 0;
  const signals = { ...model.signals!, popularity: model.signals!.popularity.slice() };
  const saved = { ...model, signals, customers: [...model.customers] };
  await encodeModel(saved);
  Object.defineProperty(saved.customers, 1, {
    get: () => {
      looks++;
      return '11';
    },
  });
  assert.is(await refusal(saved), undefined);
  // To number the ids, and no second time to check them.
  assert.ok(looks <= 1, `${looks} looks at an id`);
  saved.purchases.products[0] = 9;
  await refused(saved, /purchases.products of pair 0 is 9/);
  for (const [part, array, value] of [
    ['offsets', 1, 9],
    ['products', 1, 9],
    ['strengths', 1, Number.NaN],
  ] as const) {
    const neighbouring = neighbouringModel();
    await encodeModel(neighbouring);
    neighbouring.neighbours![part][array] = value;
    await refused(neighbouring, new RegExp(`neighbours.${part} of `));
  }
});

test.run();
