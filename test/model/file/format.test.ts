import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { decodeModel, encodeModel, modelVersion } from '../../../src/model/file/format.ts';
import type { UnreadableReason } from '../../../src/model/file/layout.ts';
import type { Model, ModelMetadata } from '../../../src/model/model.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import {
  forged,
  type Header,
  withTensor as replacedTensor,
  taken,
  withChecksum,
  withMetadata,
  withTensors,
} from '../../support/model-bytes.ts';
import { anyModel, assertSame, joined, neighbouringModel, sellingModel, smallModel, treedModel } from '../models.ts';

const test = suite('model format');
const file = joined(await encodeModel(smallModel()));

async function reasonOf(bytes: Uint8Array): Promise<UnreadableReason> {
  try {
    await decodeModel(bytes, 'm.safetensors');
  } catch (error) {
    if (!(error instanceof EndcapError) || error.code !== 'model_unreadable') throw error;
    assert.ok(error.message.startsWith('m.safetensors ') && error.message.length < 500, error.message);
    assert.is(error.details.file, 'm.safetensors');
    return error.details.reason as UnreadableReason;
  }
  throw new Error('a broken file was decoded as a model');
}

async function rejects(bytes: Uint8Array, reason: UnreadableReason, message?: RegExp): Promise<void> {
  assert.is(await reasonOf(bytes), reason);
  if (message === undefined) return;
  const error = await decodeModel(bytes).catch((error: Error) => error);
  assert.match((error as Error).message, message);
}

/** The small model's file with another header or other tensors, under a correct checksum. */
function forge(editHeader: (header: Header) => void, editData: (data: Uint8Array) => void = () => {}) {
  const { header, data } = taken(file.slice());
  editHeader(header);
  editData(data);
  return forged(header, data);
}

const offsetsOf = (header: Header, tensor: string) =>
  (header[tensor] as { data_offsets: [number, number] }).data_offsets;

/** The file with some bytes of one tensor replaced. */
const withTensor = (tensor: string, values: ArrayBufferView, at = 0) => replacedTensor(file, tensor, values, at);

test('any model is the same after encoding and decoding', async () => {
  await fc.assert(
    fc.asyncProperty(anyModel, async (model) => {
      assertSame(await decodeModel(joined(await encodeModel(model))), model);
    }),
    { numRuns: 150 },
  );
});

test('files are the same byte by byte as those of the first version, whatever a model holds', async () => {
  const { signals, boughtTogether, ...model } = smallModel();
  const { ranking: _, ...metadata } = model.metadata;
  const { tasteRecency: __, uptake: ___, ...fewSignals } = signals!;
  const { offsets, products } = model.purchases;
  const none = {
    customers: [],
    products: [],
    productInfo: [],
    purchases: { offsets: new Uint32Array(1), products: new Uint32Array() },
  };
  const noFactors = { customerFactors: new Float32Array(), productFactors: new Float32Array() };
  for (const [start, variant] of [
    ['0436cca51fbec95d', smallModel()],
    ['7ecaff6dfdc30a39', { ...model, metadata }],
    ['437656e8ec7b83cb', { ...model, signals }],
    ['1c2fdde047964a83', { ...model, boughtTogether, metadata }],
    ['8188da158d9f64cf', { ...smallModel(), signals: fewSignals, purchases: { offsets, products } }],
    ['d7d444df006fdd4c', { ...smallModel(), productInfo: [{}, {}] }],
    ['76111693bcb15fc3', { ...model, ...none, ...noFactors, metadata }],
  ] as const) {
    const bytes = joined(await encodeModel(variant));
    assert.is(createHash('sha256').update(bytes).digest('hex').slice(0, 16), start);
    assertSame(await decodeModel(bytes), variant);
  }
});

test('a source of bytes that lies, fails or is none is refused with a typed error', async () => {
  const errorOf = async (source: unknown): Promise<EndcapError> => {
    const error = await decodeModel(source as Uint8Array, 'm').catch((error: unknown) => error);
    assert.ok(error instanceof EndcapError, String(error));
    return error;
  };
  const read = async (into: Uint8Array, at: number) => into.set(file.subarray(at, at + into.length));
  const fields = [
    { size: -1, read },
    { size: 0.5, read },
    { size: '9', read },
    { size: Number.NaN, read },
    { size: 9 },
  ];
  for (const source of [null, undefined, 5, 'x', [], {}, () => 1, new ArrayBuffer(8), new Float32Array(2), ...fields])
    assert.is((await errorOf(source)).code, 'invalid_options');
  for (const [reason, source] of [
    ['truncated', { size: 9, read }],
    ['truncated', { size: file.length - 8, read }],
    ['too_long', { size: file.length + 8, read }],
    ['not_safetensors', { size: file.length, read: async () => {} }],
    [
      'checksum',
      { size: file.length, read: async (into: Uint8Array, at: number) => (at < 900 ? read(into, at) : undefined) },
    ],
    ['io', { size: file.length, read: () => Promise.reject(new Error('the line is down')) }],
    [
      'io',
      {
        size: file.length,
        read: () => {
          throw null;
        },
      },
    ],
    [
      'io',
      {
        size: file.length,
        read: async (into: Uint8Array) => void structuredClone(into, { transfer: [into.buffer as ArrayBuffer] }),
      },
    ],
  ] as const) {
    const error = await errorOf(source);
    assert.is(error.code, 'model_unreadable');
    assert.is(error.details.reason, reason);
  }
});

test('a model in shared memory is encoded like any other', async () => {
  const model = smallModel();
  const shared = new Float32Array(new SharedArrayBuffer(model.customerFactors.byteLength));
  shared.set(model.customerFactors);
  assert.equal(joined(await encodeModel({ ...model, customerFactors: shared })), file);
});

test('a model larger than one piece of the checksum is decoded, and a late change in it is detected', async () => {
  const model = smallModel();
  const factors = 2000;
  const others = Array.from({ length: 400 }, (_, i) => `other ${1000 + i}`);
  const customers = [...model.customers, ...others];
  const fill = (length: number) => Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i)));
  const none = (length: number) => new Array<number>(length).fill(0);
  const large: Model = {
    ...model,
    factors,
    customers,
    customerFactors: fill(customers.length * factors),
    productFactors: fill(2 * factors),
    purchases: { ...model.purchases, offsets: Uint32Array.of(...model.purchases.offsets, ...others.map(() => 3)) },
    signals: { ...model.signals!, orders: Uint32Array.of(...model.signals!.orders, ...none(others.length)) },
  };
  const bytes = joined(await encodeModel(large));
  assertSame(await decodeModel(bytes), large);
  bytes[2 ** 21 + 5] ^= 1;
  await rejects(bytes, 'checksum', /was changed/);
});

test('a change of any byte is detected', async () => {
  const bytes = file.slice();
  for (let at = 0; at < bytes.length; at++) {
    const flip = 1 << (at % 8);
    bytes[at] ^= flip;
    await reasonOf(bytes);
    bytes[at] ^= flip;
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = file.slice();
      changed[at] ^= change;
      await reasonOf(changed);
    }),
    { numRuns: 500 },
  );
});

test('a file with any bytes changed under a correct checksum is refused with a reason, or answers', async () => {
  const change = fc.record({ at: fc.nat(file.length - 1), value: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const changed = file.slice();
      for (const { at, value } of changes) changed[at] = value;
      try {
        const recommender = createRecommender(await decodeModel(await withChecksum(changed)), { threads: 1 });
        for (const id of recommender.model.customers) recommender.recommendSync(id, { n: 2, explain: true });
        recommender.recommendForBasketSync([...recommender.model.products]);
        for await (const _ of recommender.recommendBlocks({ n: 2, purchased: 'exclude' }));
        await recommender.close();
      } catch (error) {
        if (!(error instanceof EndcapError)) throw error;
      }
    }),
    { numRuns: 200 },
  );
});

test('a file cut anywhere is reported as truncated, with its size and the size expected', async () => {
  for (let length = 1; length < file.length; length++) assert.is(await reasonOf(file.subarray(0, length)), 'truncated');
  const there = (file.length - 8).toLocaleString('en-US');
  const expected = file.length.toLocaleString('en-US');
  await rejects(
    file.subarray(0, -8),
    'truncated',
    new RegExp(`it has ${there} bytes, but ${expected} are expected; copy it again`),
  );
  await rejects(new Uint8Array(), 'empty');
  await rejects(joined([file, new Uint8Array(3)]), 'too_long');
});

test('a file that is not safetensors is reported as such, without allocating the memory it claims to need', async () => {
  const text = (words: string) => new TextEncoder().encode(words);
  await rejects(text('customer_id,product_id,quantity\n1,2,3\n'), 'not_safetensors');
  await rejects(new Uint8Array(4096), 'not_safetensors');
  await rejects(new Uint8Array(64).fill(255), 'not_safetensors');
  await rejects(joined([Uint8Array.of(16, 0, 0, 0, 0, 0, 0, 0), text('{"a": not json  ')]), 'not_safetensors');
  await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1 }), async (bytes) => void (await reasonOf(bytes))));
});

test('a safetensors file of another program is foreign, and one of a later format asks for an update', async () => {
  await rejects(
    await forged({ weights: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4)),
    'foreign',
  );
  await rejects(await forged({ __metadata__: { format: 'pt' } }, new Uint8Array()), 'foreign');
  await rejects(await forged({ __metadata__: 5 }, new Uint8Array()), 'foreign');
  await rejects(
    await forge(({ __metadata__ }) => (__metadata__.format_version = '2')),
    'newer_format',
    /update endcap/,
  );
  await rejects(await forge(({ __metadata__ }) => (__metadata__.format_version = 'x')), 'metadata');
});

test('tensors that are missing, misplaced, overlapping or of the wrong type are refused by name', async () => {
  type Entry = { dtype: string; shape: unknown; data_offsets: unknown };
  const edits: ((entry: Entry, header: Header) => void)[] = [
    (_, header) => delete header.product_factors,
    (_, header) => delete header.signal_orders,
    (entry) => (entry.dtype = 'F64'),
    (entry) => (entry.dtype = 'I32'),
    (entry) => (entry.shape = [4, 1]),
    (entry) => (entry.shape = [4]),
    (entry) => (entry.shape = [2, 3]),
    (entry) => (entry.shape = [2 ** 31, 2 ** 31]),
    (entry) => (entry.shape = [-2, -2]),
    (entry) => (entry.shape = 'many'),
    (entry) => (entry.data_offsets = [0, 16]),
    (entry) => (entry.data_offsets = [-16, 0]),
    (entry) => (entry.data_offsets = [1e300, 1e301]),
    (entry) => (entry.data_offsets = null),
    (_, header) => (header.product_factors = null),
    (_, header) => (header.more = { dtype: 'U8', shape: [8], data_offsets: [0, 8] }),
    (_, header) => (header['x'.repeat(100_000)] = 1),
  ];
  for (const edit of edits) {
    await rejects(await forge((header) => edit(header.product_factors as Entry, header)), 'tensors');
  }
  const extra = { dtype: 'U8', shape: [2 ** 50], data_offsets: [file.length, file.length + 2 ** 50] };
  assert.ok(['tensors', 'truncated'].includes(await reasonOf(await forge((header) => (header.more = extra)))));
});

test('a forged model with a correct checksum is refused for any impossible value', async () => {
  await decodeModel(await forge(() => {}));
  for (const value of [Number.NaN, Infinity, -Infinity]) {
    await rejects(
      await withTensor('customer_factors', Float32Array.of(value), 8),
      'values',
      /customerFactors of customer row 1 is/,
    );
    await rejects(
      await withTensor('product_factors', Float32Array.of(value)),
      'values',
      /productFactors of product row 0 is/,
    );
    await rejects(await withTensor('purchase_quantities', Float32Array.of(value)), 'values');
    await rejects(await withTensor('product_prices', Float64Array.of(value)), 'values');
  }
  await rejects(await withTensor('purchase_quantities', Float32Array.of(0)), 'values');
  await rejects(await withTensor('purchase_times', Float64Array.of(Infinity)), 'values');
  await rejects(
    await withTensor('purchase_products', Uint32Array.of(2)),
    'values',
    /purchases.products of pair 0 is 2; expected a row from 0 to 1/,
  );
  await rejects(await withTensor('purchase_products', Uint32Array.of(0xffffffff)), 'values');
  await rejects(await withTensor('purchase_products', Uint32Array.of(1, 1)), 'values', /pair 1 is 1; .* ascend/);
  await rejects(await withTensor('purchase_orders', Uint32Array.of(0)), 'values');
  await rejects(
    await withTensor('signal_recency', Float32Array.of(Number.NaN)),
    'values',
    /signals.recency of pair 0 is NaN/,
  );
  await rejects(await withTensor('signal_recency', Float32Array.of(-1)), 'values');
  await rejects(
    await withTensor('signal_taste_recency', Float32Array.of(-1)),
    'values',
    /signals.tasteRecency of pair 0 is -1/,
  );
  await rejects(
    await withTensor('signal_popularity', Float32Array.of(Infinity)),
    'values',
    /popularity of product row 0 is Infinity/,
  );
  await rejects(await withTensor('signal_uptake', Float32Array.of(-1)), 'values', /uptake of product row 0 is -1/);
  await rejects(
    await withTensor('together_products', Uint32Array.of(2)),
    'values',
    /boughtTogether.products of pair of products 0 is 2; expected a row from 0 to 1/,
  );
  await rejects(
    await withTensor('together_lifts', Float32Array.of(Number.NaN)),
    'values',
    /boughtTogether.lifts of pair of products 0 is NaN/,
  );
  await rejects(await withTensor('together_orders', Uint32Array.of(0)), 'values');
  for (const offsets of ['together_offsets', 'purchase_offsets', 'customer_id_offsets', 'product_name_offsets']) {
    await rejects(await withTensor(offsets, BigUint64Array.of(1n)), 'values');
    await rejects(await withTensor(offsets, BigUint64Array.of(99n), 8), 'values');
    await rejects(await withTensor(offsets, BigUint64Array.of(2n ** 32n), 8), 'values', /out of range/);
    await rejects(await withTensor(offsets, BigUint64Array.of(2n ** 32n - 1n), 8), 'values');
  }
  const neighbouring = joined(await encodeModel(neighbouringModel()));
  for (const [tensor, values, words] of [
    ['neighbour_offsets', BigUint64Array.of(1n), /neighbours.offsets of product row 0 is 1; expected 0/],
    ['neighbour_products', Uint32Array.of(1, 1), /neighbours.products of pair of neighbours 1 is 1; .* ascend/],
    ['neighbour_products', Uint32Array.of(0, 0xffffffff), /is 4294967295; expected a row from 1 to 1/],
    ['neighbour_strengths', Float32Array.of(Number.NaN), /neighbours.strengths of pair of neighbours 0 is NaN/],
    ['neighbour_strengths', Float32Array.of(-Infinity), /neighbours.strengths of pair of neighbours 0 is -Infinity/],
  ] as const)
    await rejects(await replacedTensor(neighbouring, tensor, values), 'values', words);
  const selling = joined(await encodeModel(sellingModel()));
  for (const [tensor, values, words] of [
    ['sales_offsets', BigUint64Array.of(1n), /sales.offsets of product row 0 is 1; expected 0/],
    ['sales_offsets', BigUint64Array.of(0n, 4n), /sales.offsets of product row 1 is 4; expected a number from 0 to 3/],
    ['sales_periods', Uint8Array.of(2, 2), /sales.periods of period of a product 1 is 2; expected a period from 3/],
    ['sales_periods', Uint8Array.of(0, 3), /is 3; expected a period from 1 to 2, since those of product row 0 ascend/],
    ['sales_periods', Uint8Array.of(0, 2, 255), /sales.periods of period of a product 2 is 255/],
    ['sales_orders', Uint32Array.of(0), /sales.orders of period of a product 0 is 0/],
    ['sales_orders', Uint32Array.of(0xffffffff), /sales.orders of period of a product 0 is 4294967295/],
  ] as const)
    await rejects(await replacedTensor(selling, tensor, values), 'values', words);
  const treed = joined(await encodeModel(treedModel()));
  for (const [tensor, values, words] of [
    ['tree_features', Uint8Array.of(255), /repeatTrees.features of tree 0 is 255; expected a feature from 0 to 19/],
    ['tree_thresholds', Float32Array.of(Number.NaN), /repeatTrees.thresholds of tree 0 is NaN/],
    ['tree_leaves', Float32Array.of(1e30), /repeatTrees.leaves of tree 0 is \d.*e\+30; expected a number from -1000/],
    ['repeat_product_intervals', Float32Array.of(-1), /repeatTrees.productIntervals of product row 0 is -1/],
  ] as const)
    await rejects(await replacedTensor(treed, tensor, values), 'values', words);
  await rejects(await withTensor('customer_ids', Uint8Array.of(0x31, 0x31)), 'values', /distinct and sorted/);
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0], [0x80], [0xf8, 0x80]]) {
    await rejects(await withTensor('product_ids', Uint8Array.from(bytes)), 'values', /not text/);
  }
});

test('a file of more factors than kernels have room for is refused, and so is a factor that scores cannot take', async () => {
  for (const factors of [2049, 4096]) {
    const rows = (count: number) => ({
      dtype: 'F32',
      shape: [count, factors],
      bytes: new Uint8Array(4 * count * factors),
    });
    const large = await withTensors(file, { customer_factors: rows(3), product_factors: rows(2) });
    await rejects(large, 'values', new RegExp(`factors is ${factors}; expected a whole number from 1 to 2048`));
  }
  for (const value of [3e37, -1e38, 1.1e15])
    await rejects(await withTensor('product_factors', Float32Array.of(value), 4), 'values', /product row 0 is -?\d/);
});

test('metadata that a recommender reads is refused if it is of another type or out of range', async () => {
  const { options, ranking } = smallModel().metadata;
  for (const value of ['x', '', true, -1, 1e308])
    await rejects(
      await withMetadata(file, { options: JSON.stringify({ ...options, unobservedWeight: value }) }),
      'metadata',
      /metadata.options.unobservedWeight: /,
    );
  await rejects(
    await withMetadata(file, { ranking: JSON.stringify({ ...ranking, taste: 1e30 }) }),
    'metadata',
    /metadata.ranking.taste: /,
  );
  await rejects(await withMetadata(file, { foldIn: '{"confidenceScale":-1}' }), 'metadata', /confidenceScale/);
  await decodeModel(await withMetadata(file, { options: '{}', foldIn: '{"of_a_later_version":1}' }));
});

test('what was measured stands in the file, and older files do without', async () => {
  const model = smallModel();
  const mean = { mean: 0.2, standardError: 0.01 };
  const lists = { recall: mean, ndcg: mean };
  const baselines = [{ name: 'popular', ...lists, gain: { recall: { ...mean, mean: -0.1 }, ndcg: mean } }];
  const measured: ModelMetadata['measured'] = {
    ...{ heldOut: 'orders', n: 10, until: 5, picked: true, trees: false },
    results: [{ question: 'all', customers: 40, model: lists, baselines }],
  };
  const file = Buffer.concat(await encodeModel({ ...model, metadata: { ...model.metadata, measured } }));
  assert.equal((await decodeModel(file)).metadata.measured, measured);
  const [result] = measured.results;
  for (const [change, where] of [
    [{ heldOut: 'nothing' }, /measured.heldOut/],
    [{ results: [{ ...result, customers: -1 }] }, /measured.results.0.customers/],
    [{ results: [{ ...result, model: { recall: mean } }] }, /measured.results.0.model.ndcg/],
    [{ results: [{ ...result, baselines: [{ ...baselines[0], gain: 3 }] }] }, /measured.results.0.baselines.0.gain/],
    [{ results: [{ ...result, model: { ...lists, recall: { ...mean, standardError: -1 } } }] }, /standardError/],
  ] as const)
    await rejects(
      await withMetadata(file, { measured: JSON.stringify({ ...measured, ...change }) }),
      'metadata',
      where,
    );
  const old = Buffer.concat(await encodeModel(model));
  assert.is((await decodeModel(old)).metadata.measured, undefined);
});

test('what the gate found stands in the file', async () => {
  const model = smallModel();
  const gate = {
    outcome: 'tie',
    passed: true,
    reason: 'its lists find as much',
    served: '0123456789abcdef',
    newOrders: { orders: 70, customers: 40 },
    heldOut: { orders: 35, from: 1.7e12, to: 1.71e12 },
    question: 'all',
    results: [
      {
        question: 'all',
        customers: 35,
        served: { recall: 0.3, ndcg: 0.2 },
        candidate: { recall: 0.29, ndcg: 0.2 },
        gain: -0.01,
        error: 0.02,
      },
    ],
    damages: [],
  } as const;
  const file = Buffer.concat(await encodeModel({ ...model, metadata: { ...model.metadata, gate } }));
  assert.equal((await decodeModel(file)).metadata.gate, gate);
  const unshown = { bought: 90, shown: 40, result: gate.results[0] };
  const both = JSON.stringify({ ...gate, unshown });
  assert.equal((await decodeModel(await withMetadata(file, { gate: both }))).metadata.gate, JSON.parse(both));
  const half = JSON.stringify({ ...gate, unshown: { bought: 90, shown: 1.5 } });
  await rejects(await withMetadata(file, { gate: half }), 'metadata', /gate.unshown.shown/);
  const spoiled = JSON.stringify({ ...gate, outcome: 'splendid' });
  await rejects(await withMetadata(file, { gate: spoiled }), 'metadata', /gate.outcome/);
});

test('what kind of shop it is and the guards that acted stand in the file', async () => {
  const model = smallModel();
  const shop = { rebought: 0.25 };
  const guards = [{ question: 'explore', baseline: 'popular', action: 'trend 0.4' }] as const;
  const { metadata } = await decodeModel(
    Buffer.concat(await encodeModel({ ...model, metadata: { ...model.metadata, shop, guards } })),
  );
  assert.equal([metadata.shop, metadata.guards], [shop, guards]);
  await rejects(await withMetadata(file, { shop: '{"rebought":1.5}' }), 'metadata', /shop.rebought/);
});

test('what products sold when stands in the file, and its periods are dates that can be written', async () => {
  const model = sellingModel();
  const file = Buffer.concat(await encodeModel(model));
  assertSame(await decodeModel(file), model);
  const { from } = model.metadata.sales!;
  for (const [sales, words] of [
    [{ from, periodDays: 7, periods: 53 }, /sales.periods: expected a whole number from 1 to 52, received 53/],
    [{ from, periodDays: 0, periods: 3 }, /sales.periodDays: expected a whole number from 1/],
    [{ from: 8.64e15, periodDays: 7, periods: 3 }, /sales.from/],
    [{ from, periodDays: 1e9, periods: 3 }, /sales.periodDays/],
    [[], /sales: expected an object/],
  ] as const)
    await rejects(await withMetadata(file, { sales: JSON.stringify(sales) }), 'metadata', words);
  const two = JSON.stringify({ from, periodDays: 7, periods: 2 });
  await rejects(await withMetadata(file, { sales: two }), 'values', /is 2; expected a period from 1 to 1/);
  const none = Buffer.concat(await encodeModel(smallModel()));
  await rejects(await withMetadata(none, { sales: two }), 'values', /periods of sales but no sales/);
});

test('metadata that Endcap cannot have written is refused', async () => {
  const edits: [string, string | undefined][] = [
    ['losses', '[null]'],
    ['losses', '{'],
    ['losses', undefined],
    ['account', '{}'],
    ['kernel', '"native"'],
    ['foldIn', '{"alpha":"40"}'],
    ['trainingMs', '1e999'],
    ['version', ''],
    ['ranking', '{"taste":2}'],
    ['ranking', '{"taste":2,"habit":-4,"trend":0.1,"decay":0.9,"windowDays":60}'],
  ];
  for (const [key, value] of edits) {
    await rejects(await forge(({ __metadata__ }) => Object.assign(__metadata__, { [key]: value })), 'metadata');
  }
  await rejects(await forge((header) => Object.assign(header.__metadata__, { version: 5 })), 'metadata');
  await rejects(await forge(({ __metadata__ }) => (__metadata__.algorithm = 'svd')), 'values', /svd/);
});

test('a model that could not be decoded again is not encoded', async () => {
  const model = smallModel();
  const edits: Partial<Model>[] = [
    { customers: ['10', '10', '11'] },
    { customers: ['', '10', '11'] },
    { products: ['mug', 't'.repeat(100_000)] },
    { factors: 3 },
    // More than the kernels have room for.
    {
      factors: 2049,
      customerFactors: new Float32Array(2049 * model.customers.length),
      productFactors: new Float32Array(2049 * model.products.length),
    },
    { productFactors: Float32Array.of(0, 0, 0, Number.NaN) },
    { productInfo: [{ price: Number.NaN }, {}] },
    { metadata: { ...model.metadata, losses: [Number.NaN] } },
    { signals: undefined },
    { signals: { ...model.signals!, orders: Uint32Array.of(1) } },
    { boughtTogether: { ...model.boughtTogether!, offsets: Uint32Array.of(0, 2) } },
    { metadata: { ...model.metadata, options: { note: 'x'.repeat(2 ** 24) } } },
  ];
  for (const edit of edits) {
    const error = await encodeModel({ ...model, ...edit }).catch((error: unknown) => error);
    assert.ok(error instanceof EndcapError, Object.keys(edit).join());
    assert.is(error.code, 'write_failed');
  }
});

test('any reader of safetensors can read the tensors from the header, and they are aligned', async () => {
  const { header, data } = taken(file);
  assert.equal(header.customer_factors, {
    dtype: 'F32',
    shape: [3, 2],
    data_offsets: offsetsOf(header, 'customer_factors'),
  });
  assert.is(header.__metadata__.format, 'endcap-model');
  assert.ok(Object.values(header.__metadata__).every((value) => typeof value === 'string'));
  assert.is((file.length - data.length) % 8, 0);
  for (const [name, entry] of Object.entries(header)) {
    const wide = /^[FI]64$/.test((entry as { dtype: string }).dtype) ? 8 : 4;
    const narrow = (entry as { dtype: string }).dtype === 'U8';
    if (name !== '__metadata__') assert.is(narrow ? 0 : offsetsOf(header, name)[0] % wide, 0);
  }
});

test('the version depends on the factors, the data and the ranking, and on nothing else', async () => {
  const { customerFactors, productFactors, metadata } = smallModel();
  const version = await modelVersion(customerFactors, productFactors, 'abc');
  assert.match(version, /^[0-9a-f]{16}$/);
  assert.is(await modelVersion(customerFactors.slice(), productFactors.slice(), 'abc'), version);
  assert.is.not(await modelVersion(customerFactors, productFactors, 'abd'), version);
  assert.is.not(await modelVersion(productFactors, productFactors, 'abc'), version);
  assert.is.not(await modelVersion(customerFactors, productFactors, 'abc', metadata.ranking), version);
  const { neighbours } = neighbouringModel();
  const all = [customerFactors, productFactors, 'abc', metadata.ranking] as const;
  assert.is.not(await modelVersion(...all, neighbours), await modelVersion(...all));
  const { repeatTrees } = treedModel();
  assert.is.not(await modelVersion(...all, undefined, repeatTrees), await modelVersion(...all));
});

test.run();
