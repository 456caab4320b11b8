import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { learnedOf } from '../../../src/live/purchases/learned.ts';

const test = suite('what a model has learned of a store');
const end = Date.UTC(2026, 0, 2, 12);
const account = { lastPurchase: end };
const modelOf = (learned?: object) => ({
  metadata: { trainedAt: new Date(end + 1000).toISOString(), account, ...(learned && { learned }) } as never,
});
const storeOf = (salt: string, lastSeq = 100) => ({
  hashOf: (id: string) => `${salt}${id}`,
  lastSeq: async () => lastSeq,
});
const [before, after] = [end - 1, end + 1];

test('a model says up to which place of its store it has purchases, whatever the clock said', async () => {
  const { seq, has } = await learnedOf(modelOf({ store: 'salt', seq: 50 }), storeOf('salt'));
  assert.is(seq, 50);
  // A clock that was set back: it arrived after the training, with a time before the end of the model.
  assert.is(has({ seq: 51, time: before }), false);
  // And one that was ahead.
  assert.is(has({ seq: 50, time: after }), true);
});

test('of another store, of an older copy of it, and of none, the time decides', async () => {
  const learned = { store: 'salt', seq: 50 };
  for (const given of [
    learnedOf(modelOf(learned), storeOf('other')),
    learnedOf(modelOf(learned), storeOf('salt', 49)),
    learnedOf(modelOf(learned), undefined),
    learnedOf(modelOf(), storeOf('salt')),
  ]) {
    const { seq, has } = await given;
    assert.equal([seq, has({ seq: 40, time: before }), has({ seq: 40, time: after })], [0, true, false]);
    assert.equal([has({ seq: 60, time: before }), has({ seq: 60, time: after })], [true, false]);
  }
});

test.run();
