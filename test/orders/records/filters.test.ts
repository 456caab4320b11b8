import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import {
  conditionFromText,
  createFilter,
  filtersOfConditions,
  findStatusColumns,
  listed,
} from '../../../src/orders/records/filters.ts';
import { lookAt } from './looks.ts';

const test = suite('filters');

/** Whether each of the cells of the column `Status` passes the condition. */
function passed(condition: string, ...cells: unknown[]): boolean[] {
  const look = lookAt(['id', 'Status'], ...cells.map((cell, i) => [i, cell]));
  const judge = createFilter(filtersOfConditions(look, [conditionFromText(condition)])[0]!);
  return cells.map((cell) => judge(cell) === 'passes');
}

test('conditions are a column and its values, which can be quoted', () => {
  assert.equal(conditionFromText('Status=completed, processing'), {
    column: 'Status',
    passes: 'these',
    values: ['completed', 'processing'],
  });
  assert.equal(conditionFromText(' Refunded Amount != 0'), {
    column: 'Refunded Amount',
    passes: 'others',
    values: ['0'],
  });
  assert.equal(conditionFromText('"Total, =net="="1,5",\'it\'\'s\''), {
    column: 'Total, =net=',
    passes: 'these',
    values: ['1,5', "it's"],
  });
  assert.equal(conditionFromText('Cancelled at=').values, ['']);
});

test('a condition without a column or a sign is refused', () => {
  for (const text of ['', 'Status', '=paid', '!=', '""=x']) {
    assert.throws(
      () => conditionFromText(text),
      (error: unknown) => error instanceof EndcapError && error.code === 'invalid_options',
      text,
    );
  }
});

test('values are compared without case and blanks, and as numbers if both are', () => {
  assert.equal(passed('status=completed,processing', 'Completed', ' processing ', 'cancelled', ''), [
    true,
    true,
    false,
    false,
  ]);
  assert.equal(passed('Status!=cancelled', 'Cancelled', 'paid', ''), [false, true, true]);
  assert.equal(passed('Status=0', '0.00', '0', 0, '0,00', '€0.00', '5'), [true, true, true, true, true, false]);
  assert.equal(passed('Status=true', true, false, 'TRUE'), [true, false, true]);
  assert.equal(passed('#2=a', 'a', 'b'), [true, false]);
});

test('a blank cell is zero in a column of numbers, and blank elsewhere', () => {
  assert.equal(passed('Status=0', '0.00', '', '12.50', undefined), [true, true, false, true]);
  assert.equal(passed('Status=0', 'none', '', '0'), [false, false, true]);
  assert.equal(passed('Status=', 'x', '', null), [false, true, true]);
});

test('an unknown column is refused with no more than twenty names', () => {
  const names = Array.from({ length: 3000 }, (_, i) => `column ${i}`);
  try {
    filtersOfConditions(lookAt(names), [conditionFromText('Status=paid')]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, EndcapError);
    const { code, message, details } = error as EndcapError;
    assert.is(code, 'columns_unrecognized');
    assert.match(message, /no column 'Status'.*column 19 and 2980 more/);
    assert.ok(message.length < 500);
    assert.is((details.columns as string[]).length, 20);
  }
  assert.is(listed(['a', '']), 'a, (blank)');
});

/** What is left out and kept of the values of a column. */
function statusOf(name: string, ...values: string[]) {
  const [found] = findStatusColumns(lookAt([name], ...values.map((value) => [value])), new Set(), -1, false);
  return found && { kind: found.kind, leftOut: found.leftOut, kept: found.kept };
}

test('the states of orders in several languages', () => {
  const kept = [
    'Completed',
    'wc-processing',
    'pending payment',
    'On hold',
    'partially_refunded',
    'Not cancelled',
    'Return requested',
  ];
  const left = [
    'cancelled', 'wc-cancelled', 'Canceled by customer', 'VOIDED', 'refunded', 'Fully refunded', 'Failed', 'payment failed',
    'declined', 'expired', 'abandoned', 'draft', 'checkout-draft', 'Cancelled / refunded',
    'Storniert', 'Zurückerstattet', 'Zahlung fehlgeschlagen', 'Annulée', 'Remboursé', 'Erreur de paiement',
    'Cancelado', 'Pago rechazado', 'Annullato', 'Rimborsato', 'Geannuleerd', 'Terugbetaald', 'キャンセル', '返金済み',
  ]; // biome-ignore format: a list
  assert.equal(statusOf('Order Status', ...kept, ...left), { kind: 'status', leftOut: left, kept });
});

test('events that are no purchases, and an unknown one, are left out; a refund is a return', () => {
  const left = ['view', 'addtocart', 'add_to_cart', 'AddToCart', 'remove_from_cart', 'wishlist', 'video_play'];
  assert.equal(statusOf('event_type', ...left, 'purchase', 'refund'), {
    kind: 'event',
    leftOut: left,
    kept: ['purchase', 'refund'],
  });
  const [{ filter }] = findStatusColumns(lookAt(['Event Type'], ['Payment'], ['Refund']), new Set(), -1, false);
  assert.equal(['Payment', 'Refund', 'View'].map(createFilter(filter)), ['passes', 'returns', 'drops']);
});

test('kinds of lines: items count', () => {
  assert.equal(statusOf('Line: Type', 'Line Item', 'Shipping Line', 'Transaction', 'Discount', 'Refund Line'), {
    kind: 'line',
    leftOut: ['Shipping Line', 'Transaction', 'Discount'],
    kept: ['Line Item', 'Refund Line'],
  });
  assert.equal(statusOf('Line Type', 'Sale', 'Sale Line', 'Payment')?.kept, ['Sale Line']);
});

test('dates and yes mark what was cancelled', () => {
  assert.equal(statusOf('Cancelled at', '2025-06-01 10:00', '0000-00-00 00:00:00'), {
    kind: 'mark',
    leftOut: ['2025-06-01 10:00'],
    kept: ['0000-00-00 00:00:00'],
  });
  assert.equal(statusOf('is_cancelled', 'yes', 'no', '0', '1')?.leftOut, ['yes', '1']);
  assert.equal(statusOf('Refunded', 'ja', 'nein')?.leftOut, ['ja']);
});

for (const [name, ...values] of [
  ['Refunded at', '2025-06-01'],
  ['refunded', '2', '0'],
  ['State', 'CA', 'NY'],
  ['Marital status', 'new', 'open'],
  ['Type', 'purchase'],
  ['Type', 'Tea', 'Cup'],
  ['Order Status', '1', '2'],
  ['Name', 'cancelled', 'paid'],
]) {
  test(`'${name}' with ${values.join(', ')} says nothing about purchases`, () => {
    assert.is(statusOf(name!, ...values), undefined);
  });
}

test('a column that its user names as the status is one, whatever its name', () => {
  const look = lookAt(['x'], ['Storniert'], ['Bezahlt']);
  assert.equal(findStatusColumns(look, new Set(), 0, false)[0]?.leftOut, ['Storniert']);
});

test.run();
