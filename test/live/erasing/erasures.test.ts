import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createErasures } from '../../../src/live/erasing/erasures.ts';

const test = suite('erasures');
const customers = Array.from({ length: 1000 }, (_, i) => `c${i}`);

function shop(hashes: string[]) {
  let hashed = 0;
  let forgotten = 0;
  let fails = false;
  const barred: number[] = [];
  const store = {
    erasuresAfter: async (seq: number) => {
      if (fails) throw new Error('away');
      return hashes.map((hash, i) => ({ hash, seq: i + 1 })).slice(seq);
    },
    hashOf: (customer: string) => {
      hashed++;
      return `#${customer}`;
    },
  };
  const rowOf = (id: string) => (customers.includes(id) ? customers.indexOf(id) : undefined);
  const strangers: string[] = [];
  const made = createErasures(store);
  void made.attach({
    customers,
    customerRow: rowOf,
    bar: (row) => void barred.push(row),
    stranger: (customer) => void strangers.push(customer),
    forget: () => void forgotten++,
  });
  return {
    ...{ ...made, barred, strangers, hashed: () => hashed, forgotten: () => forgotten },
    fail: (now: boolean) => {
      fails = now;
    },
  };
}

test('without erasures nothing is hashed', async () => {
  const { follow, hashed, count } = shop([]);
  await follow();
  assert.equal([hashed(), count()], [0, 0]);
});

test('whoever was erased elsewhere is found by the hash, once', async () => {
  const hashes = ['#c7', '#gone before the model'];
  const { follow, barred, hashed } = shop(hashes);
  await follow();
  assert.equal(barred, [7]);
  assert.is(hashed(), customers.length);
  await follow();
  assert.is(hashed(), customers.length);
  hashes.push('#c9');
  await Promise.all([follow(), follow()]);
  assert.equal(barred, [7, 9]);
});

test('a model hears of whoever is erased here, also if it does not know them', () => {
  const { add, barred, strangers } = shop([]);
  add('c3');
  add('nobody');
  assert.equal([barred, strangers], [[3], ['nobody']]);
});

test('what is in memory is forgotten after an erasure, also of somebody who was erased before', async () => {
  const hashes: string[] = [];
  const { follow, forgotten } = shop(hashes);
  await follow();
  assert.is(forgotten(), 0);
  for (const [i, hash] of ['#a stranger', '#another stranger', '#a stranger'].entries()) {
    hashes.push(hash);
    await follow();
    await follow();
    assert.is(forgotten(), i + 1);
  }
});

test('whoever is erased here is barred at once, without hashing the others', async () => {
  const hashes: string[] = [];
  const { follow, add, barred, hashed, count } = shop(hashes);
  add('c3');
  hashes.push('#c3');
  assert.equal(barred, [3]);
  add('nobody');
  await follow();
  assert.equal([hashed(), count()], [2, 2]);
});

test('whom a store did not name when it failed is barred the next time', async () => {
  const { follow, barred, fail } = shop(['#c7']);
  fail(true);
  const [failed] = await Promise.allSettled([follow()]);
  assert.is(failed.status, 'rejected');
  fail(false);
  await follow();
  assert.equal(barred, [7]);
});

test.run();
