import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { roles } from '../../../src/orders/columns/roles.ts';
import { decideConventions } from '../../../src/orders/conventions/conventions.ts';
import type { Look } from '../../../src/orders/look.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';

const test = suite('conventions');

interface Table {
  names?: string[];
  delimiter?: string;
  options?: ReadOptions;
}

/** What is decided of records with a quantity, a price, a time, and any further cells. */
function decide(records: unknown[][], { names = ['qty', 'price', 'ordered', 'other'], ...rest }: Table = {}) {
  const { delimiter, options = {} } = rest;
  const look: Look = { source: 'orders.csv', names, records, runs: [0], complete: true, delimiter };
  const places = ['quantity', 'price', 'time'];
  const columns = roles.map((role) => places.indexOf(role));
  const { conventions, decisions, notes } = decideConventions(look, columns, options);
  const { decimalMark, dateOrder, assumedDateOrder, timeUnit } = conventions;
  return { decimalMark, dateOrder, assumedDateOrder, timeUnit, decisions, notes };
}

const quantities = (...cells: string[]) => cells.map((cell) => [cell, '', '']);
const dates = (...cells: unknown[]) => cells.map((cell) => ['1', '', cell]);

test('numbers with one reading only show the decimal mark, and the reason says which', () => {
  for (const [records, mark, why] of [
    [[['2,000', '4,20', '']], ',', `as "4,20" in 'price' shows`],
    [[['1.200', '4,20', '']], ',', `as "4,20" in 'price' shows`],
    [[['1,200', '4.20', '']], '.', `as "4.20" in 'price' shows`],
    [
      [
        ['2,000', '', ''],
        ['0,350', '', ''],
      ],
      ',',
      `as "0,350" in 'qty' shows`,
    ],
    [[['1.250', '', '', '9,5 %']], ',', `as "9,5 %" in 'other' shows`],
    [[['1.234.567', '', '']], ',', `as "1.234.567" in 'qty' shows`],
    [[['2,000', '1.299,00 €', '']], ',', `as "1.299,00 €" in 'price' shows`],
  ] as const) {
    const { decimalMark, decisions, notes } = decide(records.map((record) => [...record]));
    assert.is(decimalMark, mark, String(records));
    assert.equal(decisions.decimalMark, { value: mark === ',' ? 'comma' : 'point', why });
    assert.equal(notes, []);
  }
});

test('a column is read as its own numbers show, before those of others', () => {
  const records = [
    ['2,000', '9.90', ''],
    ['1,5', '9.90', ''],
    ['2', '9.90', ''],
  ];
  assert.is(decide(records).decimalMark, ',');
});

test('one column of texts and dates is no column of numbers', () => {
  const records = [
    ['1,200', '', '', '01.03'],
    ['2', '', '', 'version 1.5, or 2,5'],
    ['3', '', '', '1.3.2025'],
  ];
  assert.is(decide(records, { delimiter: ',' }).decimalMark, '.');
});

test('where no number shows the decimal mark, the file does; a note says what was assumed', () => {
  for (const [records, table, mark, note] of [
    [
      quantities('2,000', '1,500'),
      { delimiter: ';' },
      ',',
      /"2,000" in 'qty' is read with three decimals.*--decimal point$/,
    ],
    [quantities('2,000', '1,500'), { delimiter: ',' }, '.', /read with thousands.*--decimal comma$/],
    [quantities('1.200', '1.500'), { delimiter: ';' }, '.', /read with three decimals.*--decimal comma$/],
    [
      quantities('1.200'),
      { names: ['Menge', 'Preis', 'Datum'] },
      ',',
      /'Menge' is read with thousands.*--decimal point$/,
    ],
    [quantities('2,000', '1,000', '3,000'), { delimiter: ',' }, ',', /all of them end in ,000/],
    [quantities('2.000', '1.000', '3.000'), { delimiter: ';' }, '.', /all of them end in \.000/],
  ] as const) {
    const { decimalMark, notes } = decide([...records], {
      ...table,
      names: 'names' in table ? [...table.names] : undefined,
    });
    assert.is(decimalMark, mark, String(records));
    assert.is(notes[0]?.code, 'decimal-mark-assumed');
    assert.match(notes[0]!.text, note);
  }
  assert.equal(decide(quantities('1', '2'), { delimiter: ';' }).notes, []);
  assert.is(decide(quantities('2,000'), { options: { decimal: 'comma' } }).decimalMark, ',');
  assert.equal(decide([[1200, 4.2, '']]).decisions, {});
});

test('dates with one reading only show the order of day and month', () => {
  const { dateOrder, decisions, notes } = decide(dates('01/03/2025', '13/03/2025'));
  assert.is(dateOrder, 'dmy');
  assert.equal(decisions.dateOrder, { value: 'day first', why: 'as "13/03/2025" shows' });
  assert.equal(notes, []);
  assert.is(decide(dates('01/03/2025 10:15', '3/13/25 10:15')).dateOrder, 'mdy');
  assert.is(decide(dates('01-03-2025', '31-03-2025')).dateOrder, 'dmy');
});

test('of dates of both orders the greater number counts, and a note says so', () => {
  const { dateOrder, notes } = decide(dates('13/03/2025', '3/13/2025', '14/03/2025'));
  assert.is(dateOrder, 'dmy');
  assert.is(notes[0]?.code, 'date-orders-mixed');
  assert.match(notes[0]!.text, /"13\/03\/2025" can only be day first, "3\/13\/2025" cannot/);
});

test('dates that show it by how they are written need no decision, which tells it all the same', () => {
  for (const [cell, value] of [
    ['01.03.2025', 'day first'],
    ['2025-03-01', 'year first'],
    ['2025年3月1日', 'year first'],
    ['1 March 2025', 'months have names'],
  ] as const) {
    const { dateOrder, assumedDateOrder, decisions, notes } = decide(dates(cell));
    assert.equal([dateOrder, assumedDateOrder], ['auto', 'mdy']);
    assert.is(decisions.dateOrder?.value, value);
    assert.equal(notes, []);
  }
  assert.is(decide(dates(new Date(), '', undefined)).decisions.dateOrder, undefined);
});

test('where no date shows it, the order of records, other dates, and the conventions of the file do', () => {
  const days = ['01/03/2025', '02/03/2025', '05/03/2025', '09/03/2025', '01/04/2025', '02/04/2025', '04/05/2025'];
  const names = ['Menge', 'Preis', 'Datum'];
  for (const [records, table, order, why] of [
    [dates(...days), {}, 'dmy', /so the records are in the order of their dates/],
    [dates(...[...days].reverse()), {}, 'dmy', /in the order of their dates/],
    [
      dates('01/03/2025', '01/05/2025', '02/04/2025', '03/02/2025', '04/01/2025', '05/01/2025'),
      { delimiter: ';' },
      'mdy',
      /order/,
    ],
    [[['1', '', '01/03/2025', '15/03/2025']], {}, 'dmy', /"15\/03\/2025" in 'other' shows it/],
    [[['1', '4,20', '01/03/2025']], { delimiter: ',' }, 'dmy', /decimal comma/],
    [dates('01/03/2025'), { delimiter: ';' }, 'dmy', /semicolons/],
    [dates('01/03/2025'), { names }, 'dmy', /'Menge'/],
  ] as const) {
    const { names = undefined, ...rest } = table as { names?: string[] };
    const { dateOrder, assumedDateOrder, decisions, notes } = decide(
      records.map((record) => [...record]),
      { names, ...rest },
    );
    assert.equal([dateOrder, assumedDateOrder], ['auto', order], String(records));
    assert.match(decisions.dateOrder!.why, why);
    assert.equal(notes, []);
  }
});

test('where nothing shows it, the month comes first, and a note says what the other order would make of it', () => {
  const { dateOrder, assumedDateOrder, notes } = decide(dates('02/02/2025', '01/03/2025'), { delimiter: ',' });
  assert.equal([dateOrder, assumedDateOrder], ['auto', 'mdy']);
  assert.is(notes[0]?.code, 'date-order-assumed');
  assert.match(
    notes[0]!.text,
    /"01\/03\/2025" is read as January 3. If it is March 1: dateOrder: 'dmy', or --date-order dmy$/,
  );
  assert.equal(decide(dates('01/03/2025'), { options: { dateOrder: 'dmy' } }).notes, []);
});

test('numbers in the column of times count what their size shows', () => {
  for (const [cells, unit, value] of [
    [['45717.55625', '45725.52361'], 'days', 'days'],
    [[45717, 45725], 'days', 'days'],
    [['45717', '2025-03-01 13:21'], 'days', 'days'],
    [[20250301, '20250302'], 'auto', 'digits of a date'],
    [['1740834060'], 'auto', 'seconds'],
    [[1740834060000], 'auto', 'milliseconds'],
    [[1740834060000000n], 'auto', 'microseconds'],
    [['1740834060000000000'], 'auto', 'nanoseconds'],
  ] as const) {
    const { timeUnit, decisions, notes } = decide(dates(...cells));
    assert.is(timeUnit, unit, String(cells));
    assert.is(decisions.timeUnit?.value, value);
    assert.equal(notes, []);
  }
  assert.is(decide(dates('2025-03-01')).decisions.timeUnit, undefined);
  assert.is(decide(dates('45717'), { options: { timeUnit: 'seconds' } }).timeUnit, 'seconds');
});

test('notes tell of units that differ, and of days that count from an unknown one', () => {
  const mixed = decide(dates('1740834060', '1740834060000', '1740834061000')).notes;
  assert.is(mixed[0]?.code, 'time-units-mixed');
  assert.match(mixed[0]!.text, /seconds \(1740834060\), milliseconds \(1740834060000\)/);
  const counted = decide(dates('1', '711'));
  assert.is(counted.timeUnit, 'days');
  assert.is(counted.notes[0]?.code, 'days-without-start');
});

/** An order line on each of these dates; the look is of the first 1,000 or so. */
const ordersOn = (days: string[]) =>
  days.map((date, i) => ({ customer: `c${i % 9}`, product: 'p', quantity: 1, date }));

test('a date after the look shows the order of all dates before it, and what was assumed is not said', async () => {
  const early = Array.from({ length: 1500 }, () => '02/03/2025');
  const { account, decisions = {}, notes = [] } = await readOrders(ordersOn([...early, '13/03/2025']));
  assert.is(account.firstPurchase, Date.UTC(2025, 2, 2));
  assert.is(account.lastPurchase, Date.UTC(2025, 2, 13));
  assert.is(decisions.dateOrder?.value, 'day first');
  assert.equal(
    notes.map(({ code }) => code).filter((code) => code.startsWith('date')),
    [],
  );
});

test('an order that is inferred holds for the dataset if no date shows another one', async () => {
  const inferred = ordersOn(['01/03/2025', '02/03/2025']).map((line) => ({ ...line, preis: '4,20' }));
  const { account } = await readOrders(inferred);
  assert.is(account.firstPurchase, Date.UTC(2025, 2, 1));
  const late = Array.from({ length: 1500 }, () => inferred[0]!);
  const shown = await readOrders([...late, { ...inferred[0]!, date: '03/13/2025' }]);
  assert.is(shown.account.firstPurchase, Date.UTC(2025, 0, 3));
  assert.is(shown.decisions?.dateOrder?.value, 'month first');
});

test.run();
