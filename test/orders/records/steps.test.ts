import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { type Role, roles } from '../../../src/orders/columns/roles.ts';
import type { Look } from '../../../src/orders/look.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';
import type { Plan } from '../../../src/orders/plan.ts';
import { createRecords, decideSteps, usedColumns } from '../../../src/orders/records/steps.ts';
import { unpackLook } from '../../../src/orders/records/unpack.ts';
import { lookAt } from './looks.ts';

const test = suite('steps');

type RoleNames = Partial<Record<Role, string>>;

/** Decides and applies the steps: the cells of the roles that are given, and the drops as `line reason value`. */
function run(source: Look, names: RoleNames, options: ReadOptions = {}) {
  const { look, unpacking } = unpackLook(source);
  const columns = roles.map((role) => look.names.indexOf(names[role] ?? '\0'));
  const { steps, decisions, notes } = decideSteps(look, columns, options, unpacking);
  const plan: Plan = {
    columns,
    everyRecordIsOne: false,
    conventions: { decimalMark: '.', dateOrder: 'auto', timeUnit: 'auto', assumedDateOrder: 'mdy' },
    duplicates: 'keep',
    header: source.names,
    steps,
  };
  // Plans are sent to threads.
  const sent = structuredClone(plan);
  const lines: string[] = [];
  const dropped: string[] = [];
  const record = createRecords(
    sent,
    (cells) => lines.push(roles.flatMap((role, i) => (names[role] === undefined ? [] : [String(cells[i])])).join(' ')),
    (reason, line, value) => dropped.push(`${line} ${reason} ${value}`),
  );
  const used = usedColumns(sent);
  source.records.forEach((cells, i) => {
    record(
      cells.map((cell, column) => (used.includes(column) ? cell : 'not decoded')),
      i + 2,
    );
  });
  return { lines, dropped, decisions, notes, steps };
}

const shopify = [
  'Name',
  'Email',
  'Financial Status',
  'Created at',
  'Lineitem quantity',
  'Lineitem sku',
  'Cancelled at',
];
const shopifyRoles = {
  customer: 'Email',
  product: 'Lineitem sku',
  quantity: 'Lineitem quantity',
  order: 'Name',
  time: 'Created at',
};
const shopifyLook = lookAt(
  shopify,
  ['#1', 'ann', 'paid', '2025-03-01', '2', 'A', ''],
  ['#1', '', '', '', '1', 'B', ''],
  ['#2', 'bob', 'refunded', '2025-03-02', '1', 'A', ''],
  ['#2', '', '', '', '3', 'C', ''],
  ['#3', 'cid', 'paid', '2025-03-03', '1', 'A', '2025-06-01'],
  ['#3', '', '', '', '1', 'B', ''],
);

test('a state on the first line of an order holds for all of its lines', () => {
  const { lines, dropped, decisions } = run(shopifyLook, shopifyRoles);
  assert.equal(lines, ['ann A 2 #1 2025-03-01', 'ann B 1 #1 2025-03-01']);
  assert.equal(dropped, [
    '4 not a purchase refunded',
    '5 not a purchase refunded',
    '6 not a purchase 2025-06-01',
    '7 not a purchase 2025-06-01',
  ]);
  assert.is(decisions.records?.value, 'carried down');
  assert.match(
    decisions.records!.why,
    /'Email', 'Created at', 'Financial Status', 'Cancelled at' stand only on the first/,
  );
  assert.match(decisions.status!.value, /in 'Financial Status', refunded is left out; paid is kept/);
  assert.match(decisions.status!.why, /--where "Financial Status=paid"/);
});

test('a condition on the state of orders decides alone', () => {
  const { lines, dropped, decisions } = run(shopifyLook, shopifyRoles, { where: ['Financial Status=refunded,paid'] });
  assert.is(lines.length, 6);
  assert.equal(dropped, []);
  assert.is(decisions.status, undefined);
  assert.equal(run(shopifyLook, shopifyRoles, { where: ['Financial Status=paid', 'Cancelled at='] }).dropped, [
    '4 left out refunded',
    '5 left out refunded',
    '6 left out 2025-06-01',
    '7 left out 2025-06-01',
  ]);
});

test('a condition on another column leaves the state of orders to decide, too', () => {
  const { lines, dropped } = run(shopifyLook, shopifyRoles, { where: ['Lineitem sku!=B'] });
  assert.equal(lines, ['ann A 2 #1 2025-03-01']);
  assert.equal(dropped.slice(0, 2), ['3 left out B', '4 not a purchase refunded']);
});

test('columns: { status: false } lets every state count', () => {
  assert.equal(run(shopifyLook, shopifyRoles, { columns: { status: false } }).dropped, []);
});

test('a cancellation after the look holds for all lines of its order', () => {
  const paid = lookAt(shopify, ...shopifyLook.records.slice(0, 2));
  const columns = roles.map((role) => shopify.indexOf((shopifyRoles as RoleNames)[role] ?? '\0'));
  const { steps } = decideSteps(paid, columns, {});
  assert.ok(steps?.carrying?.columns.includes(shopify.indexOf('Cancelled at')));
});

test('items are unpacked before anything else is done, and an unreadable cell is a malformed row', () => {
  const names = ['order', 'status', 'email', 'line_items'];
  const items = Array.from({ length: 10 }, (_, i) => [
    `${i}`,
    'completed',
    `c${i}`,
    'name:Tea|sku:A|quantity:2;name:Cup|sku:B|quantity:1',
  ]);
  const { lines, dropped, decisions } = run(
    lookAt(names, ...items, ['10', 'cancelled', 'x', 'name:Pot|sku:P|quantity:1'], ['11', 'completed', 'y', 'a pot']),
    { customer: 'email', product: 'line_items.sku', quantity: 'line_items.quantity', order: 'order' },
  );
  assert.is(lines.length, 20);
  assert.equal(lines.slice(0, 2), ['c0 A 2 0', 'c0 B 1 0']);
  assert.equal(dropped, ['12 not a purchase cancelled', '13 malformed row a pot']);
  assert.equal(decisions.records, {
    value: 'unpacked',
    why: "one record per order; its items are unpacked from 'line_items'",
  });
});

test('a refund among the events of a till takes off, whatever its sign', () => {
  const { lines } = run(
    lookAt(
      ['customer', 'Event Type', 'sku', 'qty'],
      ['ann', 'Payment', 'A', '2'],
      ['ann', 'Refund', 'A', '1'],
      ['ann', 'Refund', 'A', '-1'],
      ['ann', 'Refund', 'A', '(1)'],
      ['ann', 'Refund', 'A', 1],
      ['ann', 'Refund', 'A', 1n],
    ),
    { customer: 'customer', product: 'sku', quantity: 'qty' },
  );
  assert.equal(lines, ['ann A 2', 'ann A -1', 'ann A -1', 'ann A (1)', 'ann A -1', 'ann A -1']);
});

test('a status or an event of codes gets a note, unless a condition decides', () => {
  const look = lookAt(
    ['customer', 'action_type', 'sku', 'qty'],
    ['ann', '0', 'A', '2'],
    ['ann', '2', 'A', '1'],
    ['bob', '1', 'B', '1'],
  );
  const names = { customer: 'customer', product: 'sku', quantity: 'qty' };
  const { lines, notes } = run(look, names);
  assert.is(lines.length, 3);
  assert.equal(
    notes.map(({ code }) => code),
    ['unclear-status'],
  );
  assert.match(notes[0].text, /'action_type' has the values 0, 1, 2.*--where "action_type=0"/);
  assert.equal(run(look, names, { where: ['action_type=2'] }).notes, []);
  assert.equal(run(look, names, { columns: { status: false } }).notes, []);
  assert.equal(run(shopifyLook, shopifyRoles).notes, []);
});

test('what the status decides is told', () => {
  const { decisions } = run(
    lookAt(
      ['customer', 'Event Type', 'sku', 'qty'],
      ['ann', 'Payment', 'A', '2'],
      ['ann', 'Refund', 'A', '1'],
      ['bob', 'View', 'B', '1'],
    ),
    { customer: 'customer', product: 'sku', quantity: 'qty' },
  );
  assert.is(
    decisions.status?.value,
    "in 'Event Type', View is left out; Payment is kept; Refund is taken off as returned",
  );
});

test('a child is double even if its parent was left out', () => {
  const names = ['item_id', 'parent_item_id', 'order', 'customer', 'sku', 'qty', 'price'];
  const { lines, dropped } = run(
    lookAt(
      names,
      ['1', '', '9', 'ann', 'A', '1', '5'],
      ['2', '1', '9', 'ann', 'A', '1', '0'],
      ['3', '', '9', 'ann', 'B', '1', '5'],
      ['4', '3', '9', 'ann', 'B', '1', ''],
    ),
    { customer: 'customer', product: 'sku', quantity: 'qty', order: 'order' },
    { where: ['price!=5'] },
  );
  assert.equal(lines, []);
  assert.equal(dropped, ['2 left out 5', '3 double line A', '4 left out 5', '5 double line B']);
});

test('events without a purchase are refused, with what to do', () => {
  const look = lookAt(['customer', 'event', 'sku', 'qty'], ['ann', 'view', 'A', '1'], ['ann', 'addtocart', 'A', '1']);
  const names = { customer: 'customer', product: 'sku', quantity: 'qty' };
  try {
    run(look, names);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, EndcapError);
    assert.is((error as EndcapError).code, 'no_orders');
    assert.match((error as EndcapError).message, /'event' has view, addtocart, .*--where "event=\.\.\."/);
  }
  assert.equal(run(look, names, { where: ['event=view'] }).lines, ['ann A 1']);
  // Purchases may come later.
  assert.is(run({ ...look, complete: false }, names).dropped.length, 2);
});

test('a record that repeats the header is one of its own kind', () => {
  const { lines, dropped, steps } = run(
    lookAt(['order', 'customer', 'sku', 'qty'], ['1', 'ann', 'A', '1'], ['\ufefforder', 'customer', 'sku', 'qty']),
    { customer: 'customer', product: 'sku', quantity: 'qty', order: 'order' },
  );
  assert.is(steps, undefined);
  assert.equal(lines, ['ann A 1 1']);
  assert.is(dropped.length, 1);
  assert.match(dropped[0], /^3 repeated header/);
});

test.run();
