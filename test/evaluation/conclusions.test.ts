import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { conclusionsOf, overall } from '../../src/evaluation/conclusions.ts';
import type { Evaluation } from '../../src/evaluation/types.ts';
import { type Comparison, type Metric, metrics } from '../../src/measuring/results.ts';

const test = suite('conclusions');

function each<Value>(value: (metric: Metric) => Value): Record<Metric, Value> {
  return Object.fromEntries(metrics.map((metric) => [metric, value(metric)])) as Record<Metric, Value>;
}

/** als against another one on all products: the differences and what they are taken for. */
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

function sentences(...comparisons: Comparison[]): string[] {
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
    contestants: [{ name: 'als', kind: 'model', description: '', elapsedMs: 1 }],
    results: [],
    comparisons,
    groups: [],
    examples: [],
  };
  return conclusionsOf(found).slice(1);
}

test('what is true of recall and what is true of NDCG are both said', () => {
  assert.equal(sentences(compared('gp-top', 0.0049, -0.0003)), [
    'als beats gp-top in recall@10, and is about level with it in NDCG@10, on what customers buy next: ' +
      'recall@10 +.0049 (standard error .0021), NDCG@10 −.0003 (standard error .0021).',
  ]);
  assert.match(
    sentences(compared('p-top', 0.0012, 0.0099))[0],
    /^als is about level with p-top in recall@10, and beats it in NDCG@10,/,
  );
  assert.match(
    sentences(compared('p-top', 0.01, -0.01))[0],
    /^als beats p-top in recall@10, and LOSES to it in NDCG@10,/,
  );
});

test('those of whom the same is true share a sentence, defeats first, with the figures of the strongest', () => {
  const told = sentences(
    compared('a', 0.03, 0.03),
    compared('b', 0.02, 0.02),
    compared('c', 0.001, 0),
    compared('d', -0.02, -0.03),
  );
  assert.equal(
    told.map((sentence) => sentence.split(' on what')[0]),
    ['als LOSES to d', 'als is about level with c', 'als beats a and b'],
  );
  assert.match(told[0], 'recall@10 −.0200 (standard error .0021), NDCG@10 −.0300');
  assert.match(told[1], 'recall@10 +.0010 (standard error .0021), NDCG@10 .0000');
  assert.match(told[2], /recall@10 \+\.0200 .* against b\.$/);
});

test('over both metrics worse in either is worse, and better is better in one and worse in neither', () => {
  const verdicts = [
    [0.01, 0.01, 'better'],
    [0.01, -0.001, 'better'],
    [0.001, 0.01, 'better'],
    [0.001, -0.001, 'tie'],
    [0.01, -0.01, 'worse'],
    [-0.01, 0, 'worse'],
  ] as const;
  for (const [recall, ndcg, verdict] of verdicts) assert.is(overall(compared('a', recall, ndcg)), verdict);
});

test.run();
