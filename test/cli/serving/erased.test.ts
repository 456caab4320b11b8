import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readWithout } from '../../../src/cli/serving/erased.ts';
import { setQuiet } from '../../../src/cli/terminal/terminal.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('orders without erased customers');

setQuiet(true);

const records = [
  { order: 1, customer: 'ann', product: 'tea', quantity: 2 },
  { order: 2, customer: 'bob', product: 'tea', quantity: 1 },
  { order: 3, customer: 'bob', product: 'cup', quantity: 'ann has it' },
  { order: 4, customer: 'cleo', product: 'cup', quantity: 1 },
];

const without = (...erased: string[]) =>
  readWithout({
    erasuresAfter: async () => erased.map((id, i) => ({ hash: `#${id}`, seq: i + 1 })),
    hashOf: (id) => `#${id}`,
  });

test('they are left out as if they had been named, and examples of dropped records with them', async () => {
  const dataset = await without('ann', 'nobody')(records, { customersOut: ['cleo'] });
  const named = await readOrders(records, { customersOut: ['ann', 'cleo'] });
  assert.equal(dataset.customers, ['bob']);
  assert.is(dataset.fingerprint, named.fingerprint);
  assert.equal(dataset.account.dropped, named.account.dropped);
  assert.not.match(JSON.stringify(dataset.account), 'ann');
});

test('examples go even if nobody was found, since dropped records are of anybody', async () => {
  const { customers, account } = await without('nobody')(records, {});
  assert.equal([customers, account.examples], [['ann', 'bob', 'cleo'], {}]);
});

test('without erasures, orders are read as ever', async () => {
  const { account } = await without()(records, {});
  assert.equal(account, (await readOrders(records)).account);
});

test('standard input, which can be read only once, is refused if it has any', async () => {
  const reading = readWithout({ erasuresAfter: async () => [{ hash: '#ann', seq: 1 }], hashOf: (id) => `#${id}` });
  const pushed = process.stdin;
  const { Readable } = await import('node:stream');
  Object.defineProperty(process, 'stdin', {
    value: Readable.from([Buffer.from('customer,product,quantity\nann,tea,1\nbob,tea,1\n')]),
    configurable: true,
  });
  try {
    const error = await endcapErrorOf(reading(['-'], {}));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, 'standard input has 1 customer who are erased');
  } finally {
    Object.defineProperty(process, 'stdin', { value: pushed, configurable: true });
  }
});

test.run();
