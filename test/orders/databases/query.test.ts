import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkQuery,
  type Dialect,
  refuseGap,
  selectOf,
  sinceColumn,
  sinceTime,
  tableParts,
} from '../../../src/orders/databases/query.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('what is asked of a database');
const errorOf = (work: () => unknown) => endcapErrorOf((async () => work())());

const dialect: Dialect = { quote: (name) => `"${name.replaceAll('"', '""')}"`, fold: (name) => name.toLowerCase() };
const address = 'postgres://ann:s3cret@host/shop';

test('is a table or a query, and one of them', async () => {
  checkQuery(address, { table: 'orders' });
  checkQuery([address], { query: 'select 1' });
  checkQuery('orders.csv', {});
  checkQuery(['orders.csv', address], { table: 'orders', since: 'ordered_at' });
  const refused = {
    'it is not said': () => checkQuery(address, {}),
    'both query and table are given': () => checkQuery([address], { table: 'orders', query: 'select 1' }),
    'there is none': () => checkQuery('orders.csv', { table: 'orders' }),
    'query: it is for orders in a database': () => checkQuery(undefined, { query: 'select 1' }),
    'the name of a table': () => checkQuery(address, { table: ' ' }),
    'since: it reads what came after': () => checkQuery([address], { table: 'orders', since: 'ordered_at' }),
    'history: false': () =>
      checkQuery(['orders.csv', address], { table: 'orders', since: 'ordered_at', history: false }),
    'join: takes files': () => checkQuery('orders.csv', { join: [{ file: address }] }),
  };
  for (const [text, check] of Object.entries(refused)) {
    const error = await errorOf(check);
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, text);
    assert.not.match(`${error.message} ${JSON.stringify(error.details)}`, 's3cret');
  }
});

test('has tables with schemas, in quotes or without', async () => {
  const tables = {
    orders: ['orders'],
    'Shop.Orders': ['shop', 'orders'],
    '"Shop"."My ""Orders"""': ['Shop', 'My "Orders"'],
    '`Shop`.`a``b`': ['Shop', 'a`b'],
    ' public . orders ': ['public', 'orders'],
    'a.b.c': ['a', 'b', 'c'],
    'straßen$.2024_注文': ['straßen$', '2024_注文'],
    '"two words"': ['two words'],
  };
  for (const [table, parts] of Object.entries(tables)) assert.equal(tableParts(table, dialect.fold), parts, table);
  const plain = ['two words', 'orders-2024', 'lists; drop table orders', 'a(b)', "a'b", 'a--b', 'a\nb'];
  for (const table of [...plain, '', '.', 'a.', '.a', 'a..b', '"a', 'a"b', '""', 'a.b.c.d']) {
    const error = await errorOf(() => tableParts(table));
    assert.is(error.code, 'invalid_options', table);
    assert.match(error.message, 'in quotes if it has other signs');
  }
});

test('becomes one SELECT, whatever a query ends with', () => {
  assert.is(selectOf({ table: 'shop.orders' }, dialect), 'SELECT * FROM "shop"."orders"');
  assert.is(selectOf({ query: 'select 1 ; ;\n' }, dialect), 'select 1');
  assert.is(
    selectOf({ query: 'select 1 -- one' }, dialect, 'day > 5'),
    'SELECT * FROM (\nselect 1 -- one\n) AS orders WHERE day > 5',
  );
  assert.is(selectOf({ table: 'orders' }, dialect, 'day > 5'), 'SELECT * FROM "orders" AS orders WHERE day > 5');
});

test('since some time begins a day before the files end, and only if they have what was before', async () => {
  const last = Date.parse('2025-03-05T17:00:00Z');
  assert.is(new Date(sinceTime({ records: 10, last })).toISOString(), '2025-03-04T00:00:00.000Z');
  assert.is((await errorOf(() => sinceTime({ records: 10, last: undefined }))).code, 'invalid_options');
  refuseGap(10, { records: 10, last }, { since: 'day' }, 'shop');
  refuseGap(11, { records: 10, last }, { since: 'day', acceptLoss: true }, 'shop');
  const error = await errorOf(() => refuseGap(11, { records: 10, last }, { since: 'day' }, 'shop'));
  assert.is(error.code, 'orders_lost');
  assert.match(error.message, 'shop has 11 rows whose day is before 2025-03-04T00:00:00.000Z');
});

test('finds the column of a time by its name, also in other letters if there is one', async () => {
  assert.is(sinceColumn('day', ['Day', 'day'], 'shop'), 1);
  assert.is(sinceColumn('DAY', ['id', 'Day'], 'shop'), 1);
  const error = await errorOf(() => sinceColumn('DAY', ['Day', 'day'], 'shop'));
  assert.match(error.message, "since: 'DAY' cannot be used; expected one of the columns of shop: Day, day");
});

test.run();
