import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTally, describeAccount } from '../../../src/orders/cleaning/account.ts';

const test = suite('account');

test('an account is described by the totals, then each reason with its first examples', () => {
  const tally = createTally();
  tally.read = 1_234_567;
  for (let line = 2; line < 1002; line++) tally.drop('missing customer', line, '');
  tally.drop('unreadable quantity', 7, 'abc "x"');
  tally.drop('returned in full', 8, 'product 1, customer 2', 3);
  const account = tally.account({ purchases: 1_233_562, returns: 1, columns: {} });
  assert.equal(describeAccount(account), [
    '1,234,567 rows read, 1,233,563 kept (1,233,562 purchases, 1 return), 1,004 dropped:',
    '  1,000  missing customer: lines 2, 3, 4, 5, 6, ...',
    '      3  returned in full: lines 8 ("product 1, customer 2"), ...',
    '      1  unreadable quantity: line 7 ("abc \\"x\\"")',
  ]);
  const dropped = { 'returned in full': 5 } as const;
  assert.is(describeAccount({ ...account, dropped, examples: {} })[1], '  5  returned in full');
});

test('an account without drops is one line', () => {
  const tally = createTally();
  tally.read = 1;
  assert.equal(describeAccount(tally.account({ purchases: 1, returns: 0, columns: {} })), [
    '1 row read, 1 kept (1 purchase, 0 returns), 0 dropped',
  ]);
});

test('long cells are shortened in examples', () => {
  const tally = createTally();
  tally.drop('malformed row', 2, 'x'.repeat(1000));
  const { examples } = tally.account({ purchases: 0, returns: 0, columns: {} });
  assert.is(examples['malformed row']![0]!.value, `${'x'.repeat(80)}...`);
});

test.run();
