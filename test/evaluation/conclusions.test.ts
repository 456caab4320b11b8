import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { conclusionsOf, overallVerdict } from '../../src/evaluation/conclusions.ts';
import type { Evaluation } from '../../src/evaluation/types.ts';
import { type Comparison, type GroupResult, type Metric, metrics } from '../../src/measuring/results.ts';

const test = suite('conclusions');

function each<Value>(value: (metric: Metric) => Value): Record<Metric, Value> {
  return Object.fromEntries(metrics.map((metric) => [metric, value(metric)])) as Record<Metric, Value>;
}

/** als against another contestant on the question `all`: differences with their verdicts. */
function compared(against: string, recall: number, ndcg: number, standardError = 0.0021): Comparison {
  const judged = (mean: number) => {
    const verdict = Math.abs(mean) <= 2 * standardError ? 'tie' : mean > 0 ? 'better' : 'worse';
    return { mean, standardError, verdict } as const;
  };
  return {
    question: 'all',
    contestant: 'als',
    against,
    k: 10,
    metrics: each((metric) => judged(metric === 'recall' ? recall : ndcg)),
  };
}

const als = { name: 'als', kind: 'model', description: '', elapsedMs: 1 } as const;

function conclusions(change: Partial<Evaluation>): string[] {
  const counts = { customers: 100, targets: 300 };
  const found: Omit<Evaluation, 'conclusions'> = {
    protocol: { name: 'next-basket', description: '' },
    account: {
      training: { customers: 100, products: 9, orders: 300, pairs: 500 },
      measured: 100,
      targets: { all: counts, explore: counts, repeat: { customers: 0, targets: 0 } },
      unmeasured: [],
      unseenTargets: 0,
      notes: [],
    },
    ks: [10],
    mainK: 10,
    contestants: [als],
    results: [],
    comparisons: [],
    groups: [],
    examples: [],
    ...change,
  };
  return conclusionsOf(found);
}

function sentences(...comparisons: Comparison[]): string[] {
  return conclusions({ comparisons }).slice(1);
}

test('the headline gives recall and hit rate of the model at the main length, in plain words', () => {
  const shares = { recall: 0.345, hitRate: 0.7 };
  const result = {
    question: 'all',
    contestant: 'als',
    k: 10,
    customers: 100,

    metrics: each((metric) => ({ mean: shares[metric as 'recall'] ?? 0.1, standardError: 0.01 })),
    lists: 100,
    coverage: 0.5,
    popularShare: 0.5,
  } as const;
  const other = { ...result, k: 5, metrics: each(() => ({ mean: 0.9, standardError: null })) };
  assert.equal(conclusions({ results: [other, result] }), [
    'On average, a list of 10 products by als contains 35% of what the customer then bought (recall). ' +
      'For 70% of customers it contains at least one such product. 100 customers were measured.',
  ]);
  const windows = [{ from: 0, to: 864e5 }, { from: 864e5 }];
  const protocol = { name: 'time', description: '', windows } as const;
  assert.match(
    conclusions({ results: [{ ...result, lists: 150 }], protocol })[0],
    /In 70% of cases it contains .* 100 customers were measured, with 150 lists over 2 windows\.$/,
  );
  assert.equal(conclusions({}), ['Nothing was measured.']);
});

test('groups in which the model loses are named, unless they are small or it loses anyway', () => {
  const group = (customers: number, contestant: string, recall: number): GroupResult => ({
    ...{ question: 'all', contestant, k: 10, from: 3, to: 4, customers },
    metrics: each(() => ({ mean: 0.1, standardError: 0.01 })),
    difference: compared(contestant, recall, recall).metrics,
  });
  const groups = [group(30, 'a', -0.02), group(29, 'a', -0.02), group(30, 'b', -0.02), group(30, 'a', 0.02)];
  const found = conclusions({ comparisons: [compared('a', 0.01, 0.01), compared('b', -0.01, -0.01)], groups });
  assert.equal(found.slice(3), [
    'als LOSES to a among the 30 customers with 3 to 4 orders before: ' +
      'recall@10 −.0200 (standard error .0021), NDCG@10 −.0200 (standard error .0021).',
  ]);
});

test('a sentence gives the verdicts on both recall and NDCG', () => {
  assert.equal(sentences(compared('gp-top', 0.0049, -0.0003)), [
    'als beats gp-top in recall@10, and cannot be told from it in NDCG@10, on what customers buy next: ' +
      'recall@10 +.0049 (standard error .0021), NDCG@10 −.0003 (standard error .0021).',
  ]);
  assert.match(
    sentences(compared('p-top', 0.0012, 0.0099))[0],
    /^als cannot be told from p-top in recall@10, and beats it in NDCG@10,/,
  );
  assert.match(
    sentences(compared('p-top', 0.01, -0.01))[0],
    /^als beats p-top in recall@10, and LOSES to it in NDCG@10,/,
  );
});

test('contestants with the same verdicts share a sentence, defeats first, with the figures of the strongest', () => {
  const found = sentences(
    compared('a', 0.03, 0.03),
    compared('b', 0.02, 0.02),
    compared('c', 0.04, 0.04),
    compared('d', 0.001, 0),
    compared('e', -0.02, -0.03),
  );
  assert.equal(
    found.map((sentence) => sentence.split(' on what')[0]),
    ['als LOSES to e', 'als cannot be told from d', 'als beats a, b, and c'],
  );
  assert.match(found[0], 'recall@10 −.0200 (standard error .0021), NDCG@10 −.0300');
  assert.match(found[1], 'recall@10 +.0010 (standard error .0021), NDCG@10 .0000');
  assert.match(found[2], /recall@10 \+\.0200 .* against b\.$/);
});

test('what a part adds has a sentence of its own, and is no weak group', () => {
  const contestants = [
    als,
    { name: 'no-neighbours', kind: 'ablation', description: 'the model without neighbours', elapsedMs: 1 } as const,
  ];
  const found = conclusions({
    contestants,
    comparisons: [
      compared('no-neighbours', 0.02, 0.02),
      compared('gp-top', 0.03, 0.03),
      compared('popular', 0.04, 0.04),
    ],
  }).slice(1);
  assert.equal(
    found.map((sentence) => sentence.split(' on what')[0]),
    ['als beats gp-top and popular', 'als beats no-neighbours'],
  );
});

test('the overall verdict is worse if either metric is worse, better if one is better and neither worse', () => {
  const verdicts = [
    [0.01, 0.01, 'better'],
    [0.01, -0.001, 'better'],
    [0.001, 0.01, 'better'],
    [0.001, -0.001, 'tie'],
    [0.01, -0.01, 'worse'],
    [-0.01, 0, 'worse'],
  ] as const;
  for (const [recall, ndcg, verdict] of verdicts) assert.is(overallVerdict(compared('a', recall, ndcg)), verdict);
});

test.run();
