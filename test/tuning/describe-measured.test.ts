import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredBaseline, MeasuredModel } from '../../src/model/measured.ts';
import {
  describeFound,
  describeMeasured,
  describeStrongest,
  mainResult,
  strongestOf,
} from '../../src/tuning/describe-measured.ts';

const test = suite('what was measured, in words');

const mean = (value: number) => ({ mean: value, standardError: 0.01 });
const lists = (recall: number) => ({ recall: mean(recall), ndcg: mean(recall) });

/** @param gains by name, of a model that finds 20 %. */
function measured(gains: Readonly<Record<string, number>>, change: Partial<MeasuredModel> = {}): MeasuredModel {
  const baselines = Object.entries(gains).map(
    ([name, gain]): MeasuredBaseline => ({ name, ...lists(0.2 - gain), gain: lists(gain) }),
  );
  const results = [{ question: 'all' as const, customers: 1234, model: lists(0.2), baselines }];
  return { heldOut: 'orders', n: 10, picked: false, results, ...change };
}

test('a model that is better says by how much', () => {
  assert.is(
    describeMeasured(measured({ popular: 0.138, 'gp-top': 0.03 }, { until: Date.UTC(2025, 0, 31, 9) })),
    'Of what customers bought next, 20% was among the ten products of their list; a list of best-sellers finds 6.2%. ' +
      'The simple list that finds most is what the customer bought most often, then best-sellers: 17%, and the model ' +
      'finds more (+3.0 ± 1.0 points). Measured on the last order of each of 1,234 customers, which a model trained ' +
      'without these orders had to find. Orders end on 2025-01-31.',
  );
});

test('a model that is not better, or worse, says so', () => {
  const tie = measured({ popular: 0.019 });
  assert.match(describeFound(tie, mainResult(tie)), /best-sellers finds 18%, which may be chance: it is not clear/);
  assert.is(describeStrongest(mainResult(tie)), undefined);
  const worse = measured({ popular: -0.05, 'p-top': -0.1 });
  assert.match(
    describeFound(worse, mainResult(worse)),
    /a list of best-sellers finds 25%: it finds more than this model/,
  );
  assert.match(describeStrongest(mainResult(worse))!, /most often: 30%, more than the model \(−10\.0 ± 1\.0 points\)/);
});

test('says what to keep in mind, and what was asked', () => {
  const text = describeMeasured(measured({ popular: 0.1 }, { picked: true, trees: false, heldOut: 'products' }));
  assert.match(text, /^Of products that were held back from what customers bought, 20% was/);
  assert.match(text, /a fifth of the products of 1,234 customers/);
  assert.match(text, /picked on the same orders, which flatters it a little/);
  assert.match(text, /Trees .* are not counted: it finds more\.$/);
  const [result] = measured({ popular: 0.1 }).results;
  const explore = measured({}, { results: [{ ...result, question: 'explore' }] });
  assert.match(describeFound(explore, mainResult(explore)), /^Of what customers bought for the first time, 20% was/);
});

test('the strongest simple list finds most, the first of equals', () => {
  assert.is(
    strongestOf(measured({ popular: 0.1, 'popular-60d': 0.05, 'p-top': 0.05 }).results[0])?.name,
    'popular-60d',
  );
  assert.is(strongestOf({ baselines: [] }), undefined);
});

test.run();
