import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../../src/errors.ts';
import type { AttributionCounts, AttributionReport } from '../../../../src/live/attribution/report.ts';
import type { ArmDifference, ArmMetric } from '../../../../src/live/experiments/comparing.ts';
import type { ArmReport, ExperimentReport } from '../../../../src/live/experiments/report.ts';
import type { RetrainingRun } from '../../../../src/live/retraining/history.ts';
import type { ShopModel } from '../../../../src/live/retraining/shop-retraining.ts';
import type { ServingShop } from '../../../../src/live/types.ts';
import type { MeasuredBaseline, MeasuredModel } from '../../../../src/model/measured.ts';
import type { Gate, ModelMetadata } from '../../../../src/model/model.ts';
import { fakeRecommender } from '../../fake.ts';
import { asking, plainText } from '../asking.ts';

const test = suite('the page on quality');

const nasty = '<script>alert(1)</script>';
const mean = (value: number) => ({ mean: value, standardError: 0.01 });
const lists = (recall: number) => ({ recall: mean(recall), ndcg: mean(recall / 2) });
const baseline = (name: string, gain: number): MeasuredBaseline => ({ name, ...lists(0.2 - gain), gain: lists(gain) });
const measuredWith = (gain: number): MeasuredModel => ({
  ...{ heldOut: 'orders', n: 10, until: Date.UTC(2026, 0, 2), picked: true },
  results: [
    {
      question: 'all',
      customers: 4321,
      model: lists(0.2),
      baselines: [baseline('popular', gain), baseline('gp-top', gain / 2)],
    },
    { question: 'explore', customers: 4000, model: lists(0.1), baselines: [baseline('popular', gain)] },
  ],
});

type Change = Partial<ModelMetadata>;
const recommenderWith = (change: Change) => {
  const fake = fakeRecommender();
  return { ...fake, model: { ...fake.model, metadata: { ...fake.model.metadata, ...change } } };
};

async function pageOf(change: Change, shop?: Partial<ServingShop>) {
  const recommender = recommenderWith(change);
  const { get } = asking(
    shop ? { recommender: undefined, shop: { ...recommender, ...shopParts, ...shop } as never } : { recommender },
  );
  const { status, text } = await get('/explorer/quality');
  assert.is(status, 200);
  assert.not.match(text, /<script>|undefined|NaN|\[object|style="/);
  return { html: text, text: plainText(text) };
}

const shopParts = {
  recordPurchases: () => Promise.reject(new Error('not asked')),
  models: () => Promise.resolve([]),
  retrainingHistory: () => Promise.resolve({ runs: [] }),
  scenarios: () => ({ scenarios: {}, rules: {}, experiments: {} }),
  status: () => ({}),
  attribution: () => Promise.reject(new EndcapError('invalid_options', 'attribution needs a store')),
};

test('says whether the model beats best-sellers, in a sentence, a picture, and figures', async () => {
  const { html, text } = await pageOf({ measured: measuredWith(0.14) });
  assert.match(
    text,
    'Yes. Of what customers bought next, 20% was among the ten products of their list; a list of best-sellers finds 6.0%.',
  );
  assert.match(
    text,
    'The simple list that finds most is what the customer bought most often, then best-sellers: 13%, and the model finds more',
  );
  assert.match(text, 'picked on the same orders, which flatters it a little');
  assert.is((html.match(/<svg viewBox/g) ?? []).length, 2);
  assert.match(html, /aria-label="What customers buy next[^"]*This model: 20.0%, between 18.0% and 22.0%/);
  assert.match(text, 'What customers buy next: 4,321 customers');
  assert.match(text, 'What customers buy for the first time: 4,000 customers');
  assert.match(text, '+14.0 ± 1.0 points more');
  assert.match(html, 'aria-current="page">Quality');
});

test('says so if best-sellers are as good, or better', async () => {
  const tie = await pageOf({ measured: measuredWith(0.01) });
  assert.match(tie.text, 'may be chance: it is not clear which is better');
  assert.match(tie.text, 'Not clearly. Of what');
  const worse = await pageOf({ measured: measuredWith(-0.1) });
  assert.match(worse.text, 'a list of best-sellers finds 30%: it finds more than this model');
  assert.match(worse.text, 'No. Of what');
  assert.match(worse.html, /−10\.0 ± 1\.0 points<small class="bad">less/);
});

test('a model that was not measured says why, and what to do', async () => {
  for (const [change, expected] of [
    [{ unchosen: 'fast' }, /trained with --fast.*Train it without --fast/],
    [{ unchosen: 'given' }, /all options were given.*endcap evaluate/],
    [{ unchosen: 'too_few' }, /too few orders.*more than 500/],
    [{ unchosen: 'too_early' }, /too few orders/],
    [{ unchosen: 'no_history' }, /trained on orders that were added up to pairs/],
    [{}, /the model does not say\. Train it again/],
    [{ options: { algorithm: 'quantity' } }, /predicts how many of a product customers buy/],
  ] as const) {
    const { html, text } = await pageOf(change);
    assert.match(text, expected);
    assert.not.match(html, '<svg viewBox');
    assert.match(text, 'endcap evaluate orders.csv --report report.html');
    assert.match(text, 'This server has a model and nothing else');
  }
});

const gate = (change: Partial<Gate> = {}): Gate => ({
  ...{ outcome: 'tie', passed: true, reason: 'as much', served: 'a', newOrders: { orders: 9, customers: 8 } },
  ...{ question: 'all', damages: [] },
  results: [
    {
      question: 'all',
      customers: 1500,
      served: { recall: 0.2, ndcg: 0.3 },
      candidate: { recall: 0.2, ndcg: 0.31 },
      gain: 0.01,
      error: 0.02,
    },
  ],
  ...change,
});

test('has this model and those before it, with what the gate found', async () => {
  const models: ShopModel[] = [
    {
      ...{ version: 'aaaa', trainedAt: Date.UTC(2026, 0, 3), isServed: true, wasRolledBack: false },
      ...{ measured: measuredWith(0.14), gate: gate({ outcome: 'better' }) },
    },
    { version: 'bbbb', trainedAt: Date.UTC(2026, 0, 2), isServed: false, wasRolledBack: true, gate: gate() },
    { version: nasty, trainedAt: 0, isServed: false, wasRolledBack: false, problem: `damaged ${nasty}` },
    ...Array.from({ length: 20 }, (_, n): ShopModel => {
      return { version: `v${n}`, trainedAt: 1, isServed: false, wasRolledBack: false };
    }),
  ];
  const { text, html } = await pageOf({}, { models: async () => models });
  assert.match(
    text,
    '2026-01-03 answers now 20% of what was bought next 6.0% better +.0100, between -.0300 and +.0500'.replace(
      '-.0300',
      '−.0300',
    ),
  );
  assert.match(text, '2026-01-02 kept; was rolled back not measured – as good, within chance');
  assert.match(text, 'recall + NDCG, 1,500 customers aaaa');
  assert.match(html, '&lt;script&gt;');
  assert.match(text, '13 more models are kept.');
});

test('has the runs, newest first, and what is known of them only until the server ends', async () => {
  const run = (n: number, change: Partial<RetrainingRun> = {}): RetrainingRun => ({
    ...{
      outcome: 'refused',
      reason: `reason ${n}: ${nasty}`,
      before: 'a',
      startedAt: Date.UTC(2026, 0, n),
      seconds: 300,
    },
    ...change,
  });
  const { text } = await pageOf(
    {},
    {
      retrainingHistory: async () => ({ runs: [run(3), run(2, { outcome: 'swapped', version: 'bbbb', seconds: 30 })] }),
      status: () =>
        ({
          retraining: {
            ...{ last: { ...run(4, { outcome: 'failed' }), notes: [] }, next: Date.UTC(2026, 1, 1, 3) },
            running: { stage: 'training', startedAt: Date.UTC(2026, 0, 5) },
          },
        }) as never,
    },
  );
  assert.match(
    text,
    /The last 3 runs .*2026-01-04 failed Reason 4.* 5 min .*2026-01-03 refused Reason 3.*2026-01-02 a new model answers bbbb Reason 2.* 30 s/,
  );
  assert.match(
    text,
    'A run is under way since 2026-01-05 (UTC): training. The next one is due at 2026-02-01 03:00 (UTC).',
  );
  const none = await pageOf({}, { retrainingHistory: async () => ({ runs: [], problem: 'the file is damaged' }) });
  assert.match(none.text, 'Earlier runs are missing: the file is damaged. No run yet.');
});

const metric = (value: number | null): ArmMetric =>
  value === null ? { value, low: null, high: null } : { value, low: value * 0.8, high: value * 1.3 };
const difference: ArmDifference = { ...metric(0.01), verdict: 'waiting', detectable: 0.2, customersNeeded: 9000 };
const arm = (name: string, rate: number | null): ArmReport => ({
  ...{ name, share: 50, customers: 1200, lists: 3000, buyers: 120, bought: 10, boughtFromLists: 5 },
  ...{ rate: metric(rate), recall: metric(0.3), revenue: metric(12.5), priced: 1, newProducts: 0.5, coverage: 0.4 },
});
const experiment = (name: string): ExperimentReport => ({
  ...{
    name,
    status: 'running',
    control: 'control',
    effect: 5,
    since: 1,
    changed: null,
    at: Date.UTC(2026, 0, 9),
    days: 30,
  },
  arms: [arm('control', 0.1), arm(nasty, 0.12), arm('unseen', null)],
  comparisons: [
    {
      arm: nasty,
      rate: difference,
      recall: difference,
      revenue: difference,
      verdict: 'waiting',
      customersNeeded: 9000,
      verdictBy: Date.UTC(2026, 2, 1),
    },
    {
      arm: 'unseen',
      rate: difference,
      recall: difference,
      revenue: difference,
      verdict: 'better',
      customersNeeded: null,
      verdictBy: null,
    },
  ],
  ...{ split: 0.5, endedArms: [], conclusions: ['No verdict on the arm yet.'] },
});
const counts = (change: Partial<AttributionCounts> = {}): AttributionCounts => ({
  ...{ lists: 1000, customers: 400, boughtFrom: 50, rate: 0.05, interval: [0.04, 0.065], products: 60, units: 70 },
  ...{ newProducts: 30, revenue: 100, unpriced: 0, ...change },
});
const attribution: AttributionReport = {
  ...{ days: 7, attributionDays: 30, from: 0, until: Date.UTC(2026, 0, 9), total: counts(), byKind: {} },
  ...{ bySource: { personal: counts({ lists: 900 }), popular: counts({ lists: 100 }) }, byModel: { aaaa: counts() } },
  byScenario: Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`scenario ${n}`, counts({ lists: n })])),
};
const running = (names: readonly string[]) => ({
  scenarios: () =>
    ({ scenarios: {}, rules: {}, experiments: Object.fromEntries(names.map((name) => [name, {}])) }) as never,
  experiment: async (name: string) => experiment(name),
  attribution: async () => attribution,
});

test('has the experiments with their intervals and conclusions, and what lists led to', async () => {
  const long = `${'x'.repeat(200)}${nasty}`;
  const { html, text } = await pageOf({}, running(['taste', long]));
  assert.match(text, 'No verdict on the arm yet.');
  assert.match(html, /aria-label="Customers who bought from a list[^"]*control: 10%, between 8.0% and 13%/);
  assert.match(text, 'wait until 9,000 customers are in both arms, about 2026-03-01');
  assert.match(html, '<span class="good">better</span>');
  assert.match(text, '12.5 10 to 16.25');
  assert.match(text, 'Of 1,000 lists of the last 7 days, 5.0% led to a purchase (between 4.0% and 6.5%)');
  assert.match(text, 'scenario 29 by scenario');
  assert.not.match(text, 'scenario 9 ');
  assert.match(html, `title="${'x'.repeat(200)}&lt;script`);
  assert.match(html, `>${'x'.repeat(59)}…`);
});

test('what takes long is there the next time, and what fails does not take the rest away', async () => {
  let answer = (_: AttributionReport) => {};
  let asked = 0;
  const shop = {
    ...recommenderWith({}),
    ...shopParts,
    ...running([]),
    models: () => Promise.reject(new EndcapError('store_failed', 'the disk is gone')),
    attribution: () => {
      asked++;
      return new Promise<AttributionReport>((resolve) => {
        answer = resolve;
      });
    },
  };
  const { get } = asking({ recommender: undefined, shop: shop as never });
  const first = plainText((await get('/explorer/quality')).text);
  assert.match(first, 'The lists that were shown are being counted.');
  assert.match(first, 'Not known: the disk is gone.');
  assert.match(first, 'There is none. An experiment shows');
  await get('/explorer/quality');
  assert.is(asked, 1);
  answer(attribution);
  await new Promise((resolve) => setTimeout(resolve, 0));
  const next = plainText((await get('/explorer/quality')).text);
  assert.is(asked, 2);
  assert.match(next, 'Of 1,000 lists');
  const without = await pageOf({}, {});
  assert.match(without.text, 'Not known: attribution needs a store.');
});

test.run();
