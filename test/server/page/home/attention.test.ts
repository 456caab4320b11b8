import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ShopStatus } from '../../../../src/live/shop-answers.ts';
import type { ModelMetadata } from '../../../../src/model/model.ts';
import { notesOf } from '../../../../src/server/page/home/attention.ts';
import { ago } from '../../../../src/server/page/home/words.ts';
import { fakeRecommender } from '../../fake.ts';

const test = suite('what needs a look');

const { model } = fakeRecommender();
const trained = Date.parse(model.metadata.trainedAt);
const hour = 3600_000;
const soon = trained + hour;

const well: ShopStatus = {
  store: 'sqlite',
  seq: 0,
  newPurchases: 0,
  isFailing: false,
  waitingPurchases: 0,
  attribution: { days: 30, waiting: 0, kept: 0, dropped: 0, attributed: {} as ShopStatus['attribution']['attributed'] },
  catalogue: { products: 0, unavailable: 0, unknown: 0, notInFile: 0 },
  files: {},
  model: { version: '', since: soon, swaps: 0, rollbacks: 0, refusals: 0 },
  scenarios: { scenarios: 0, rules: 0, experiments: 0 },
  keptCustomers: 0,
  erasedCustomers: 0,
};
const run = { startedAt: trained, seconds: 1, notes: [], reason: 'the orders lack a column' };
const runs = { swapped: 0, refused: 0, failed: 0, unchanged: 0 };

/** The notes about a shop that is well but for this. */
function about(change: Partial<ShopStatus>, now = soon, metadata: Partial<ModelMetadata> = {}): string[] {
  const changed = { ...model, metadata: { ...model.metadata, ...metadata } };
  return notesOf(changed, { ...well, ...change }, now).map(({ isUrgent, text }) => `${isUrgent ? '! ' : ''}${text}`);
}

test('a shop that is well has none, and neither has a recommender', () => {
  assert.equal(about({}), []);
  assert.equal(notesOf(model, undefined, trained + 1000 * 24 * hour), []);
});

test('each of these is one note, urgent where something is broken', () => {
  const { catalogue, attribution } = well;
  const refused = { ...well.model, refused: { at: trained, reason: 'it knows too few products' } };
  for (const [change, said] of [
    [{ isFailing: true }, /^! The store fails/],
    [{ scenarios: { ...well.scenarios, problem: 'no such field' } }, /^! The scenarios .* used: no such field\.$/],
    [{ modelFile: { pending: 2, problem: 'disk full' } }, /^! 2 erased customers are still .*: disk full\.$/],
    [{ modelFile: { pending: 1 } }, /^One erased customer is still/],
    [{ attribution: { ...attribution, problem: 'the table is gone' } }, /^! The lists .* gone\.$/],
    [{ attribution: { ...attribution, dropped: 1200 } }, /^1,200 lists that were shown were not kept/],
    [{ model: refused }, /^! A new model was refused 61 minutes ago, .*: it knows too few products\.$/],
    [
      { retraining: { runs, last: { ...run, outcome: 'failed' } } },
      /^! The last training, 61 minutes ago, failed: the orders/,
    ],
    [
      { retraining: { runs, last: { ...run, outcome: 'refused' } } },
      /^! The last training, .* a model that is not served/,
    ],
    [
      { catalogue: { ...catalogue, notInFile: 1 } },
      /^One product that the model knows \(13%\) is not in the product file/,
    ],
    [{ catalogue: { ...catalogue, notInFile: 4 } }, /^! 4 products that the model knows \(50%\) are not/],
    [{ catalogue: { ...catalogue, unknown: 3 } }, /^The model does not know 3 products of the catalogue/],
  ] as [Partial<ShopStatus>, RegExp][]) {
    const notes = about(change, trained + 61 * 60_000);
    assert.is(notes.length, 1, notes.join('\n'));
    assert.match(notes[0], said);
  }
});

test('what went well, or was told already, is none', () => {
  assert.equal(about({ retraining: { runs, last: { ...run, outcome: 'swapped' } } }), []);
  assert.equal(about({ retraining: { runs, last: { ...run, outcome: 'unchanged' } } }), []);
  assert.equal(about({ modelFile: { pending: 0, problem: 'disk full' } }), []);
  const refused = { ...well.model, refused: { at: trained, reason: 'it is worse' } };
  assert.is(about({ model: refused, retraining: { runs, last: { ...run, outcome: 'refused' } } }).length, 1);
});

test('a model is old if it is of last week, purchases arrive, and no training is planned', () => {
  const [week, later] = [trained + 7 * 24 * hour, trained + 8 * 24 * hour];
  assert.equal(about({ newPurchases: 5 }, week), []);
  assert.match(about({ newPurchases: 5 }, later).join(), 'The model was trained 8 days ago, and purchases arrive');
  assert.equal(about({}, later), []);
  assert.equal(about({ newPurchases: 5, retraining: { runs, next: later } }, later), []);
});

test('too few orders are told', () => {
  assert.match(about({}, soon, { unchosen: 'too_early' }).join(), 'too few orders to know tastes');
});

test('ages are told in the largest unit that says enough', () => {
  for (const [ms, said] of [
    [-5, 'just now'],
    [60_000, 'just now'],
    [2 * 60_000, '2 minutes ago'],
    [89 * 60_000, '89 minutes ago'],
    [90 * 60_000, '2 hours ago'],
    [47 * hour, '47 hours ago'],
    [48 * hour, '2 days ago'],
    [59 * 24 * hour, '59 days ago'],
    [61 * 24 * hour, '2 months ago'],
    [3 * 365 * 24 * hour, '3 years ago'],
  ] as const)
    assert.is(ago(ms), said);
});

test.run();
