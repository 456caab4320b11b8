import { isDeepStrictEqual } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { type EvaluateOptions, evaluate } from '../../src/evaluation/evaluate.ts';
import type { Evaluation } from '../../src/evaluation/types.ts';
import { createRandom } from '../../src/random.ts';
import { datasetOfBaskets, datasetOfLetters } from '../support/baskets.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('evaluate');

const training = { factors: 4, iterations: 3, threads: 1 };

/** Two kinds of customers, who buy from one half of the shop or the other, their favorites again and again. */
function twoTastes(customers: number): Dataset {
  const random = createRandom(3);
  const shop: Record<string, string[]> = {};
  for (let c = 0; c < customers; c++) {
    const shelf = c % 2 ? 'abcdefghij' : 'klmnopqrst';
    const letter = () => shelf[random.below(10)];
    const favorite = letter();
    const orders = 2 + random.below(6);
    shop[`c${c}`] = Array.from({ length: orders }, () => favorite + letter() + letter());
  }
  return datasetOfLetters(shop, 1);
}

/** Every number in it, also those in lists. */
function* numbersOf(value: unknown): Generator<number> {
  if (typeof value === 'number') yield value;
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) yield* numbersOf(part);
}

async function evaluated(dataset: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
  const evaluation = await evaluate(dataset, { training, ...options });
  for (const number of numbersOf(evaluation)) assert.ok(Number.isFinite(number), 'a number is not finite');
  assert.ok(isDeepStrictEqual(JSON.parse(JSON.stringify(evaluation)), evaluation), 'JSON loses a part of it');
  return evaluation;
}

test('measures the model and the baselines on every question, as data that survives JSON', async () => {
  const evaluation = await evaluated(twoTastes(80));
  const { contestants, results, comparisons, account, protocol, training: trained } = evaluation;
  const names = ['als', 'popular', 'popular-60d', 'p-top', 'gp-top', 'item-knn'];
  assert.equal(
    contestants.map(({ name }) => name),
    names,
  );
  assert.is(protocol.name, 'next-basket');
  assert.is(account.measured, 80);
  assert.is(account.targets.all.targets, account.targets.explore.targets + account.targets.repeat.targets);
  assert.is(results.length, 3 * (6 + 4 + 6));
  assert.is(comparisons.length, results.length - 9);
  assert.is(trained?.losses.length, 3);
  assert.is(trained?.options.factors, 4);
  const recall = (name: string) =>
    results.find(({ question, contestant, k }) => question === 'all' && contestant === name && k === 5)!.metrics.recall;
  assert.ok(recall('als').mean > recall('popular').mean + 0.1, 'a model that knows tastes beats popularity');
  assert.ok(recall('gp-top').mean > recall('popular').mean);
});

test('windows of time are trained and measured one after the other, and their lists add up', async () => {
  const steps: string[] = [];
  const dataset = twoTastes(80);
  const evaluation = await evaluated(dataset, {
    protocol: 'time',
    windows: 2,
    lastDays: 1,
    ks: [5],
    onProgress: ({ phase, window, windows }) => steps.push(`${phase} ${window} of ${windows}`),
  });
  const { windows, results, comparisons, protocol, account, examples } = evaluation;
  assert.equal(
    [...new Set(steps)].filter((step) => !step.startsWith('choosing')),
    ['training 1 of 2', 'measuring 1 of 2', 'training 2 of 2', 'measuring 2 of 2'],
  );
  assert.is(protocol.windows?.length, 2);
  for (const { question, contestant, customers, lists, metrics } of results) {
    const parts = windows!.filter((one) => one.question === question && one.contestant === contestant);
    assert.equal(
      parts.map(({ window }) => window),
      [0, 1],
    );
    assert.is(lists, parts[0].customers + parts[1].customers);
    assert.ok(customers <= lists && customers >= parts[1].customers);
    const mean = parts.reduce((sum, part) => sum + part.customers * part.metrics.recall.mean, 0) / lists;
    assert.ok(Math.abs(mean - metrics.recall.mean) < 1e-12);
  }
  assert.is(account.targets.all.customers, account.measured);
  assert.ok(comparisons.every(({ contestant }) => contestant === 'als'));
  // Each window alone is what the days up to its end are.
  const last = await evaluated(dataset, { lastDays: 1, ks: [5] });
  assert.equal(
    windows!.filter(({ window }) => window === 1).map(({ metrics }) => metrics),
    last.results.map(({ metrics }) => metrics),
  );
  assert.equal(examples, last.examples);
  assert.equal(account.training, last.account.training);
});

test('where nobody buys a product twice, lists of the question all leave out what was bought, and notes say so', async () => {
  const random = createRandom(5);
  const shop: Record<string, string[]> = {};
  for (let c = 0; c < 60; c++) {
    const shelf = [...(c % 2 ? 'abcdefghijkl' : 'mnopqrstuvwx')];
    shop[`c${c}`] = Array.from({ length: 4 }, () => shelf.splice(random.below(shelf.length), 1)[0]);
  }
  const { results, account, parts, training: trained } = await evaluated(datasetOfLetters(shop, 1), { ks: [5] });
  const of = (question: string) => results.filter((one) => one.question === question);
  assert.equal(
    of('all').map(({ contestant, metrics }) => [contestant, metrics]),
    of('explore').map(({ contestant, metrics }) => [contestant, metrics]),
  );
  assert.ok(
    account.notes.some((note) => note.startsWith('Nobody buys a product twice in this shop, so lists leave out')),
  );
  assert.equal(
    of('all').map(({ contestant }) => contestant),
    ['als', 'popular', 'popular-60d', 'item-knn'],
  );
  assert.equal(trained?.shop, { rebought: 0 });
  assert.equal(
    parts?.map(({ question }) => question),
    ['all', 'explore'],
  );
  const usual = await evaluated(twoTastes(60), { ks: [5] });
  assert.not.ok(usual.account.notes.some((note) => note.startsWith('Nobody buys')));
});

test('a model with neighbours is also measured without them, unless baselines are not wanted', async () => {
  const blend = { taste: 0.01, habit: 1, trend: 0, neighbours: 2 };
  const given = { ...training, regularization: 1, unobservedWeight: 0.1, tasteDecay: 1, blend };
  const { contestants, comparisons } = await evaluated(twoTastes(80), { ks: [5], training: given });
  assert.equal(contestants.at(-1)!.name, 'no-neighbours');
  assert.is(contestants.at(-1)!.kind, 'ablation');
  const { recall } = comparisons.find((one) => one.question === 'explore' && one.against === 'no-neighbours')!.metrics;
  assert.ok(recall.mean > 0.02, `neighbours add ${recall.mean}`);
  const alone = await evaluated(twoTastes(80), { ks: [5], training: given, baselines: false });
  assert.is(alone.contestants.length, 1);
});

test('examples are real customers with their past orders, their list, and what they then bought', async () => {
  const dataset = twoTastes(30);
  const { examples } = await evaluated(dataset, { baselines: false });
  assert.is(examples.length, 6);
  for (const { customer, earlierOrders, history, list, targets } of examples) {
    const row = dataset.customers.indexOf(customer);
    const { offsets, starts, products, times } = dataset.history!;
    assert.is(earlierOrders + history.length, offsets[row + 1] - offsets[row] - 1);
    const last = offsets[row + 1] - 1;
    const bought = [...products.subarray(starts[last], starts[last + 1])].map((p) => dataset.products[p]);
    assert.equal(
      targets.map(({ product }) => product),
      bought,
    );
    assert.is(history.at(-1)?.time, times?.[last - 1]);
    assert.is(list.length, 10);
    for (const { product, hit } of list) assert.is(hit, bought.includes(product));
    const before = list.find(({ ordersBefore }) => ordersBefore > 0);
    assert.ok(before, 'the list holds something they had bought before');
  }
});

test('reports how options are picked, before and after training', async () => {
  const phases: string[] = [];
  const { training: trained } = await evaluated(twoTastes(160), {
    baselines: false,
    onProgress: (step) => phases.push(step.phase === 'choosing' ? `${step.done} of ${step.total}` : step.phase),
  });
  assert.equal(phases.slice(0, 13), [...Array.from({ length: 12 }, (_, i) => `${i} of 11`), 'training']);
  assert.is(trained?.choice?.tried.length, 11);
  assert.is(trained?.choice?.heldOut, 'orders');
});

test('without baselines it measures the model alone, with any k', async () => {
  const { contestants, comparisons, ks, mainK } = await evaluated(twoTastes(20), { baselines: false, ks: [3, 1] });
  assert.equal([contestants.length, comparisons.length, ks, mainK], [1, 0, [1, 3], 3]);
});

test('the algorithm quantity trains on the lines of the history', async () => {
  const { contestants } = await evaluated(twoTastes(20), { training: { ...training, algorithm: 'quantity' } });
  assert.is(contestants[0].name, 'quantity');
});

test('conclusions say plainly when the model loses, and when there are only a few customers', async () => {
  // Everybody buys one thing of their own again and again; a model whose scores are all 0 cannot know what.
  const shop = Object.fromEntries(
    [...'abcdefghijklmnopqrst'].map((letter) => [letter, [letter, letter, letter, letter]]),
  );
  const { conclusions } = await evaluated(datasetOfLetters(shop), {
    training: { ...training, blend: { taste: 0, habit: 0, trend: 0, bought: 0, repeat: 0 } },
    ks: [1, 10],
  });
  const text = conclusions.join('\n');
  assert.match(text, /als LOSES to p-top and gp-top on what customers buy next: recall@10 −/);
  assert.match(text, /Only 20 customers could be measured/);
  assert.match(text, /100% were ones they had bought before/);
});

test('leaves out questions without targets, with a note', async () => {
  const same = await evaluated(datasetOfLetters({ anna: ['ab', 'b'], bert: ['b', 'b'] }));
  assert.match(same.account.notes.join(' '), /explore cannot be measured/);
  assert.equal([...new Set(same.results.map(({ question }) => question))], ['all', 'repeat']);
  const fresh = await evaluated(datasetOfLetters({ anna: ['ab', 'c'], bert: ['c', 'a'] }));
  assert.match(fresh.account.notes.join(' '), /repeat cannot be measured/);
  assert.equal([...new Set(fresh.results.map(({ question }) => question))], ['all', 'explore']);
});

test('measures what it can of one customer, one product, and targets that nobody had bought', async () => {
  const one = await evaluated(datasetOfLetters({ anna: ['ab', 'c', 'b'] }));
  assert.is(one.results[0].metrics.recall.standardError, null);
  assert.match(one.conclusions.join(' '), /Only one customer/);
  const product = await evaluated(datasetOfLetters({ anna: ['a', 'a'], bert: ['a'] }));
  assert.match(product.account.notes.join(' '), /nothing to rank/);
  const unseen = await evaluated(datasetOfLetters({ anna: ['a', 'z'], bert: ['a', 'a'] }));
  assert.is(unseen.account.unseenTargets, 1);
  assert.match(unseen.account.notes.join(' '), /One target is a product that nobody had bought before/);
});

test('if no customer returns, the error says what would help', async () => {
  const { code, message } = await endcapErrorOf(evaluate(datasetOfLetters({ anna: ['a'], bert: ['b'] })));
  assert.is(code, 'nothing_to_measure');
  assert.match(message, 'no customer has two orders');
});

test('holds out by time, or takes targets from a second dataset', async () => {
  const time = await evaluated(twoTastes(40), { from: Date.UTC(2025, 0, 4) });
  assert.is(time.protocol.name, 'time');
  assert.ok(time.account.unmeasured.length > 0);
  const order = (id: string) => [{ products: [id] }];
  const shops = [
    datasetOfLetters({ anna: ['ab'], bert: ['b', 'a'] }),
    datasetOfBaskets(new Map([['anna', order('b')]])),
  ];
  const given = await evaluated(shops[0], { test: shops[1] });
  assert.equal([given.protocol.name, given.account.measured], ['given', 1]);
});

test('checks options before anything else, and stops when a signal fires', async () => {
  const dataset = twoTastes(10);
  const cases: [EvaluateOptions, RegExp][] = [
    [{ ks: [0] }, /^ks: 0/],
    [{ lastDays: -1 }, /^lastDays: -1/],
    [{ training: { factors: 0 } }, /^factors: 0/],
    [{ baselines: 'none' } as unknown as EvaluateOptions, /^baselines: 'none'/],
    [{ metric: 'recall' } as EvaluateOptions, /^metric: 'recall'/],
    [{ training: { epochs: 3 } } as EvaluateOptions, /^epochs: 3/],
  ];
  for (const [options, words] of cases) {
    const { code, message } = await endcapErrorOf(evaluate(dataset, options));
    assert.is(code, 'invalid_options');
    assert.match(message, words);
  }
  const stopped = await endcapErrorOf(evaluate(dataset, { training, signal: AbortSignal.abort() }));
  assert.is(stopped.code, 'aborted');
  const controller = new AbortController();
  const late = evaluate(dataset, {
    training,
    signal: controller.signal,
    onProgress: ({ phase }) => phase === 'measuring' && controller.abort(),
  });
  assert.is((await endcapErrorOf(late)).code, 'aborted');
});

test('the signal and the callbacks among the training options work besides those of evaluate', async () => {
  const dataset = twoTastes(160);
  const seen = new Set<string>();
  const see = (name: string) => () => void seen.add(name);
  const both: EvaluateOptions = {
    training: { ...training, onProgress: see('own training'), onChoice: see('own choosing') },
    baselines: false,
    onProgress: ({ phase }) => seen.add(phase),
  };
  await evaluated(dataset, both);
  assert.equal([...seen].sort(), ['choosing', 'measuring', 'own choosing', 'own training', 'training']);

  for (const signal of [undefined, new AbortController().signal]) {
    const controller = new AbortController();
    const stopping = { ...training, signal: controller.signal, onProgress: () => controller.abort('enough') };
    const { code, cause } = await endcapErrorOf(evaluate(dataset, { training: stopping, signal }));
    assert.equal([code, cause], ['aborted', 'enough']);
  }
  const controller = new AbortController();
  const whileMeasuring = evaluate(dataset, {
    training: { ...training, signal: controller.signal },
    onProgress: ({ phase }) => phase === 'measuring' && controller.abort(),
  });
  assert.is((await endcapErrorOf(whileMeasuring)).code, 'aborted');
});

test.run();
