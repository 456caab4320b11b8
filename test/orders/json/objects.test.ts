import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { describeAccount } from '../../../src/orders/cleaning/account.ts';
import type { OrderSource } from '../../../src/orders/options.ts';
import { filesOf, refusal } from '../../dataset/files.ts';

const test = suite('records of JSON and objects');
const { file } = filesOf(test);

const usual = {
  order: 'o1',
  customer: 'ann',
  product: 'tea',
  quantity: 2,
  date: '2024-01-02',
  price: 1.5,
  name: 'Tea',
};
const columns = {
  order: 'order',
  customer: 'customer',
  product: 'product',
  quantity: 'quantity',
  time: 'date',
  clock: 'clock',
  price: 'price',
  name: 'name',
  category: 'category',
};
const fields = [...Object.keys(usual), 'clock', 'category'];
/** A usual record in every field of which there may be anything. */
const recordsOf = (anything: fc.Arbitrary<unknown>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...fields), anything), { minLength: 1, maxLength: 3 })
    .map((changes) => ({ clock: '', category: '', ...usual, ...Object.fromEntries(changes) }));

async function assertAccounted(source: OrderSource, records: number): Promise<void> {
  const { account } = await readOrders(source, { columns, acceptLoss: true });
  const dropped = Object.values(account.dropped).reduce((sum, count) => sum + count, 0);
  assert.is(account.read, records);
  assert.is(account.read, account.kept + dropped);
  assert.is(account.kept, account.purchases + account.returns);
  assert.ok(describeAccount(account).length > 0);
}

test('whatever JSON is in a field, each record is kept or dropped with a reason', async () => {
  const lines = fc.sample(recordsOf(fc.jsonValue({ maxDepth: 3 })), { numRuns: 10_000, seed: 1 });
  const text = [usual, ...lines].map((line) => JSON.stringify(line)).join('\n');
  await assertAccounted(await file('any.jsonl', text), 10_001);
});

test('whatever is in a field of an object, each record is kept or dropped with a reason', async () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    withBoxedValues: true,
  });
  const fails = () => {
    throw new Error('hostile');
  };
  const hostile = fc.constantFrom<unknown>(
    Object.create(Date.prototype),
    { toString: 1 },
    { valueOf: () => ({}), toString: () => ({}) },
    { [Symbol.toPrimitive]: fails },
    Symbol('id'),
    () => 1,
    new Proxy({}, { get: fails }),
  );
  await assertAccounted(
    [usual, ...fc.sample(recordsOf(fc.oneof(anything, hostile)), { numRuns: 10_000, seed: 2 })],
    10_001,
  );
});

test('a value of a wrong shape drops the record for the field it is in', async () => {
  const shapes: unknown[] = [{ toString: 1 }, [[{ toString: 1 }]], {}, [], true, { id: 7 }];
  for (const [field, reason] of [
    ['customer', 'unreadable customer'],
    ['product', 'unreadable product'],
    ['order', 'unreadable order'],
    ['quantity', 'unreadable quantity'],
    ['date', 'unreadable date'],
  ] as const) {
    const text = [usual, ...shapes.map((shape) => ({ ...usual, [field]: shape }))]
      .map((line) => JSON.stringify(line))
      .join('\n');
    const { account } = await readOrders(await file(`${field}.jsonl`, text), { acceptLoss: true });
    assert.is(account.kept, 1, field);
    assert.equal(account.dropped, { [reason]: shapes.length });
    assert.equal(account.examples[reason]?.slice(0, 2), [
      { line: 2, value: '{"toString":1}' },
      { line: 3, value: '[[{"toString":1}]]' },
    ]);
  }
  for (const field of ['price', 'name', 'category']) {
    const { account } = await readOrders(
      shapes.map((shape) => ({ category: '', ...usual, [field]: shape })),
      { acceptLoss: true },
    );
    assert.is(account.kept, shapes.length, `${field} is no reason to drop a record`);
  }
});

test('a line that is not an object of JSON is malformed, and so is one that is too long', async () => {
  const long = JSON.stringify({ ...usual, name: 'x'.repeat(1 << 20) });
  const lines = [JSON.stringify(usual), '{"customer":', '[1]', '7', '"text"', long, '['.repeat(500_000)];
  const { account } = await readOrders(await file('malformed.jsonl', lines.join('\n')), { acceptLoss: true });
  assert.is(account.kept, 1);
  assert.equal(account.dropped, { 'malformed row': 6 });
  assert.equal(
    account.examples['malformed row']?.map(({ line }) => line),
    [2, 3, 4, 5, 6],
  );
});

test('few long lines show the columns, so that their objects are not all held back', async () => {
  const name = 'x'.repeat(900_000);
  const first = Array.from({ length: 5 }, () => JSON.stringify({ ...usual, name }));
  const later = JSON.stringify({ ...usual, category: 'drinks' });
  const { account } = await readOrders(await file('long.jsonl', [...first, later].join('\n')), { acceptLoss: true });
  assert.is(account.kept, 6);
  assert.is(account.columns.category, undefined);
});

test('a signal ends reading even if the next object never comes, and takes none after that', async () => {
  let asked = 0;
  let onWaiting = () => {};
  async function* slow(wait: Promise<unknown>) {
    for (;;) {
      asked++;
      yield usual;
      onWaiting();
      await wait;
    }
  }
  const controller = new AbortController();
  const never = refusal(slow(new Promise(() => {})), { signal: controller.signal });
  setTimeout(() => controller.abort('enough'), 5);
  const error = await never;
  assert.is(error.code, 'aborted');
  assert.is(error.cause, 'enough');
  const later = new AbortController();
  onWaiting = () => later.abort();
  let wake = () => {};
  const reading = refusal(slow(new Promise<void>((resolve) => (wake = resolve))), { signal: later.signal });
  assert.is((await reading).code, 'aborted');
  asked = 0;
  wake();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(asked, 1, 'the source is closed at the next object');
});

test('text whose lines do not end as the first one did is not held back without end', async () => {
  const mebibytes = (text: string) => text.repeat(Math.ceil((18 << 20) / text.length));
  for (const [name, text, words] of [
    ['returns.csv', `customer,product,quantity\n${mebibytes('a,b,1\r')}`, /no line break in 16 MiB/],
    ['returns.jsonl', `${JSON.stringify(usual)}\n${mebibytes('{"customer":1}\r')}`, /no line break in 16 MiB/],
    ['blank.csv', mebibytes(`${' '.repeat(1000)}\n`), /no header in 16 MiB/],
  ] as const) {
    const error = await refusal(await file(name, text));
    assert.is(error.code, 'orders_unreadable', name);
    assert.match(error.message, words);
  }
});

test.run();
