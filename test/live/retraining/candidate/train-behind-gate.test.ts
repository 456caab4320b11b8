import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endOf } from '../../../../src/live/purchases/customers.ts';
import { type GateProgress, trainBehindGate } from '../../../../src/live/retraining/candidate/train-behind-gate.ts';
import { decodeModel, encodeModel } from '../../../../src/model/file/format.ts';
import { train } from '../../../../src/tuning/train.ts';
import { endcapErrorOf } from '../../../support/errors.ts';
import { driftingBaskets, ordersUntil } from '../drifting-shop.ts';

const test = suite('training behind the gate');
const small = { factors: 8, iterations: 3, threads: 1, trees: false } as const;
const fast = { ...small, fast: true } as const;
const baskets = driftingBaskets({ customers: 100, drifts: true });
const dataset = ordersUntil(baskets);
const servedThen = train(ordersUntil(baskets, 70), fast);

test('the model that passes is trained on all orders, and its file says what the gate found', async () => {
  const { model, gate } = await trainBehindGate(dataset, await servedThen, { training: fast });
  assert.ok(gate.passed && gate.results.length > 0);
  assert.equal(model!.purchases, dataset.purchases);
  assert.is(endOf(model!), dataset.account.lastPurchase);
  assert.equal(model!.metadata.gate, gate);
  assert.is(model!.metadata.fingerprint, dataset.fingerprint);
  const { metadata } = await decodeModel(Buffer.concat(await encodeModel(model!)));
  assert.equal(metadata.gate, gate);
});

test('what the candidate found is not searched again', async () => {
  const stages: GateProgress[] = [];
  const { model } = await trainBehindGate(dataset, await servedThen, {
    training: small,
    onProgress: (progress) => stages.push(progress),
  });
  const { choice, options, ranking } = model!.metadata;
  assert.ok(choice!.tried.some(({ regularization }) => regularization === options.regularization));
  assert.ok(ranking!.habit > 0);
  const names = stages.map(({ stage }) => stage).filter((stage, i, all) => stage !== all[i - 1]);
  assert.equal(names, ['training', 'measuring', 'training']);
  for (const { done } of stages) assert.ok(done >= 0 && done <= 1);
  const second = stages.slice(stages.findLastIndex(({ stage }) => stage === 'measuring') + 1);
  assert.is(second.length, small.iterations);
});

test('if there is to be no search, what was found before is kept, as far as nothing else is given', async () => {
  const { metadata, ...found } = await servedThen;
  const choice = { heldOut: 'orders' as const, customers: 90, tried: [], learned: false };
  const options = { ...metadata.options, regularization: 5 };
  const served = { ...found, metadata: { ...metadata, options, choice } };
  const { metadata: kept } = (await trainBehindGate(dataset, served, { training: fast })).model!;
  assert.equal([kept.options.regularization, kept.choice], [5, choice]);
  const { model } = await trainBehindGate(dataset, served, { training: { ...fast, seed: 7 } });
  assert.equal([model!.metadata.options.regularization, model!.metadata.unchosen], [8, 'fast']);
});

test('a refused candidate gives no model', async () => {
  const served = await train(dataset, fast);
  const { lastPurchase } = ordersUntil(baskets, 91).account;
  const knowing = {
    ...served,
    metadata: { ...served.metadata, account: { ...served.metadata.account, lastPurchase } },
  };
  // It has seen what it is measured on.
  const { model, gate } = await trainBehindGate(dataset, knowing, { training: { ...fast, iterations: 1, factors: 1 } });
  assert.is(gate.outcome, 'worse');
  assert.is(model, undefined);
});

test('if too little is new, a model is trained on all orders', async () => {
  const { model, gate } = await trainBehindGate(dataset, await train(dataset, fast), { training: fast });
  assert.is(gate.outcome, 'too_few');
  assert.equal(model!.purchases, dataset.purchases);
  assert.equal(model!.metadata.gate, gate);
});

test('regression of the quantities passes a gate, too', async () => {
  const quantity = { algorithm: 'quantity', factors: 4, iterations: 2, threads: 1 } as const;
  const { offsets, starts, products } = dataset.history!;
  const customers = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) customers.fill(c, starts[offsets[c]], starts[offsets[c + 1]]);
  const withLines = (orders: typeof dataset) => ({
    ...orders,
    lines: { customers, products, quantities: new Float32Array(products.length).fill(1) },
  });
  const served = await train(withLines(dataset), quantity);
  const { lastPurchase } = ordersUntil(baskets, 91).account;
  const before = { ...served, metadata: { ...served.metadata, account: { ...served.metadata.account, lastPurchase } } };
  const { gate } = await trainBehindGate(withLines(dataset), before, { training: quantity });
  assert.ok(['better', 'tie', 'worse'].includes(gate.outcome), gate.reason);
});

test('it can be stopped', async () => {
  const signal = AbortSignal.abort();
  const error = await endcapErrorOf(trainBehindGate(dataset, await servedThen, { training: fast, signal }));
  assert.is(error.code, 'aborted');
});

test.run();
