import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TimeUnit } from '../../../src/orders/times/calendar.ts';
import { createTimeParser, type DateOrder } from '../../../src/orders/times/times.ts';

const test = suite('times');

function iso(
  cell: unknown,
  {
    clock,
    order = 'auto',
    unit = 'auto',
  }: { clock?: unknown; order?: DateOrder | 'auto'; unit?: TimeUnit | 'auto' } = {},
): string {
  const { time, readable } = createTimeParser({ dateOrder: order, timeUnit: unit }).parse(cell, clock);
  if (!readable) return 'unreadable';
  return Number.isNaN(time) ? 'none' : new Date(time).toISOString().replace('.000Z', '');
}

test('dates of every documented form are read, as UTC if they name no zone', () => {
  for (const [cell, expected] of [
    ['2010-12-01', '2010-12-01T00:00:00'],
    ['2010-12-01 08:26', '2010-12-01T08:26:00'],
    ['2010-12-01 08:26:30', '2010-12-01T08:26:30'],
    ['2010-12-01T08:26:30Z', '2010-12-01T08:26:30'],
    ['2010-12-01T08:26:30.123456Z', '2010-12-01T08:26:30.123Z'],
    ['2010-12-01T08:26:30+02:00', '2010-12-01T06:26:30'],
    ['2010-12-01 08:26:30 -0530', '2010-12-01T13:56:30'],
    ['2019-10-01 00:00:00 UTC', '2019-10-01T00:00:00'],
    ['2010/12/1 8:26', '2010-12-01T08:26:00'],
    ['12/1/2010 8:26', '2010-12-01T08:26:00'],
    ['12/1/10 8:26', '2010-12-01T08:26:00'],
    ['7/24/2018', '2018-07-24T00:00:00'],
    ['12/1/2010 8:26:05 PM', '2010-12-01T20:26:05'],
    ['12/1/2010 12:00 am', '2010-12-01T00:00:00'],
    ['24/7/2018', '2018-07-24T00:00:00'],
    ['24-07-2018 08:26', '2018-07-24T08:26:00'],
    ['1.12.2010 8:26', '2010-12-01T08:26:00'],
    ['20101201', '2010-12-01T00:00:00'],
    ['20101201082630', '2010-12-01T08:26:30'],
    ['1291191960', '2010-12-01T08:26:00'],
    ['1291191960000', '2010-12-01T08:26:00'],
    ['1291191960.5', '2010-12-01T08:26:00.500Z'],
    [1291191960, '2010-12-01T08:26:00'],
    [1291191960000, '2010-12-01T08:26:00'],
    [1291191960000000n, '2010-12-01T08:26:00'],
    [1291191960000000000n, '2010-12-01T08:26:00'],
    [new Date('2010-12-01T08:26:00Z'), '2010-12-01T08:26:00'],
    [' 2010-12-01 ', '2010-12-01T00:00:00'],
    ['29.2.2012', '2012-02-29T00:00:00'],
  ] as const) {
    assert.is(iso(cell), expected, String(cell));
  }
});

test('text that is not a date is unreadable, and a blank cell has no date', () => {
  for (const cell of [
    'yesterday',
    '2010-13-01',
    '2010-02-30',
    '29.2.2011',
    '13/13/2010',
    '2010-12-01 25:00',
    '1/2',
    '12:30',
  ]) {
    assert.is(iso(cell), 'unreadable', cell);
  }
  for (const cell of [
    '2010-12',
    'Dec 2010',
    'Monday',
    'jui 3 2025',
    '5 5 2025 May',
    '31 Feb 2025',
    '2025-W54-1',
    '2025 10 15',
  ])
    assert.is(iso(cell), 'unreadable', cell);
  for (const cell of [new Date(Number.NaN), {}, true, 1e30]) assert.is(iso(cell), 'unreadable');
  for (const cell of ['', ' ', 'NaT', 'null', null, undefined, Number.NaN]) assert.is(iso(cell), 'none', String(cell));
});

test('a time of day from another column is added to a date without one', () => {
  assert.is(iso('1/2/2018', { clock: '10:56:33' }), '2018-01-02T10:56:33');
  assert.is(iso('1/2/2018', { clock: '1:05 PM' }), '2018-01-02T13:05:00');
  assert.is(iso('2018-01-02 09:00', { clock: '10:56:33' }), '2018-01-02T09:00:00');
  assert.is(iso('1/2/2018', { clock: '' }), '2018-01-02T00:00:00');
  assert.is(iso('1/2/2018', { clock: 'noon' }), 'unreadable');
  for (const clock of [
    '1015',
    1015,
    '101500',
    '10h15',
    '10.15',
    0.427083,
    '0,427083',
    '1899-12-30 10:15:00',
    '10:15 Uhr',
  ])
    assert.is(iso('1/2/2018', { clock }), '2018-01-02T10:15:00', String(clock));
  for (const clock of ['2560', '10:15 tomorrow']) assert.is(iso('1/2/2018', { clock }), 'unreadable', clock);
});

test('months have names in English, German, French, Spanish and Italian, in full and abbreviated', () => {
  for (const [cell, date] of [
    ['1 March 2025', '2025-03-01'],
    ['March 1st, 2025', '2025-03-01'],
    ['01-MAR-25', '2025-03-01'],
    ['2025-Mar-01', '2025-03-01'],
    ['1. März 2025', '2025-03-01'],
    ['Mo, 3. Mrz. 2025', '2025-03-03'],
    ['5. Jänner 2025', '2025-01-05'],
    ['1er août 2025', '2025-08-01'],
    ['15 févr. 2025', '2025-02-15'],
    ['15 juil. 2025', '2025-07-15'],
    ['mar. 4 mars 2025', '2025-03-04'],
    ['lunes, 3 de marzo de 2025', '2025-03-03'],
    ['9 dic. 2025', '2025-12-09'],
    ['giovedì 6 settembre 2025', '2025-09-06'],
    ['2 ott 2025', '2025-10-02'],
  ] as const) {
    assert.is(iso(cell), `${date}T00:00:00`, cell);
    assert.is(iso(cell.toUpperCase()), `${date}T00:00:00`, cell);
  }
});

test('times of day are read as people and programs write them', () => {
  for (const [cell, expected] of [
    ['Sat, 01 Mar 2025 10:15:00 +0100', '2025-03-01T09:15:00'],
    ['Sat Mar 01 2025 10:15:00 GMT+0100 (Central European Standard Time)', '2025-03-01T09:15:00'],
    ['Sat Mar  1 10:15:00 PST 2025', '2025-03-01T18:15:00'],
    ['2025-03-01 10:15:00 +0000 UTC', '2025-03-01T10:15:00'],
    ['2025-03-01T10:15:00+01:00[Europe/Berlin]', '2025-03-01T09:15:00'],
    ['2025-03-01T10:15:00Z[UTC]', '2025-03-01T10:15:00'],
    ['01.03.2025 – 10:15', '2025-03-01T10:15:00'],
    ['20250301T101530+0100', '2025-03-01T09:15:30'],
    ['20250301T101530Z', '2025-03-01T10:15:30'],
    ['20250301 10:15', '2025-03-01T10:15:00'],
    ['10:15:00 13/03/2025', '2025-03-13T10:15:00'],
    ['Sa. 01.03.2025', '2025-03-01T00:00:00'],
    ['2025-W09-6', '2025-03-01T00:00:00'],
    ['13/03/2025 10:15 p. m.', '2025-03-13T22:15:00'],
    ['13/03/2025 10:15 a.m.', '2025-03-13T10:15:00'],
    ['13/03/2025 à 12h30', '2025-03-13T12:30:00'],
    ['01.03.2025 10.15 Uhr', '2025-03-01T10:15:00'],
    ['1. März 2025, 10:15 Uhr', '2025-03-01T10:15:00'],
    ['Mar 1, 2025 at 10 PM', '2025-03-01T22:00:00'],
    ['2025年3月1日(土) 10:15', '2025-03-01T10:15:00'],
    ['2025年3月1日 午後3時5分', '2025-03-01T15:05:00'],
    ['２０２５/３/１', '2025-03-01T00:00:00'],
    ['\u200e3/13/2025', '2025-03-13T00:00:00'],
    ['2025. 03. 01.', '2025-03-01T00:00:00'],
  ] as const) {
    assert.is(iso(cell), expected, cell);
  }
});

test('one instant in different zones is one time', () => {
  const instants = ['2025-07-01 12:00 UTC', '2025-07-01 14:00 CEST', '2025-07-01T08:00-04:00', '2025-07-01 08:00 EDT'];
  for (const cell of [...instants, '2025-07-01 21:00 JST', '1 Jul 2025 05:00 PDT', '1.7.2025 14:00 MESZ'])
    assert.is(iso(cell), '2025-07-01T12:00:00', cell);
});

test('numbers count what the unit says, or by their size', () => {
  for (const cell of [
    20101201,
    '20101201',
    '20101201.0',
    '201012010000',
    1291161600,
    1291161600000n,
    '1291161600000000',
  ])
    assert.is(iso(cell), '2010-12-01T00:00:00', String(cell));
  for (const cell of [45717.55625, '45717.55625', '45717,55625', '4.571755625E+04'])
    assert.is(iso(cell, { unit: 'days' }), '2025-03-01T13:21:00', String(cell));
  assert.is(iso('45717', { unit: 'days' }), '2025-03-01T00:00:00');
  assert.is(iso('2025-03-01', { unit: 'days' }), '2025-03-01T00:00:00');
  assert.is(iso(1740834060, { unit: 'days' }), '2025-03-01T13:01:00');
  assert.is(iso(45717), '1970-01-01T12:41:57');
  assert.is(iso(20101201, { unit: 'seconds' }), '1970-08-21T15:40:01');
  assert.is(iso('1291161600', { unit: 'milliseconds' }), '1970-01-15T22:39:21.600Z');
  assert.is(iso(1e20, { unit: 'seconds' }), 'unreadable');
});

test('the order of day and month can be given', () => {
  assert.is(iso('1/2/2018', { order: 'mdy' }), '2018-01-02T00:00:00');
  assert.is(iso('1/2/2018', { order: 'dmy' }), '2018-02-01T00:00:00');
  assert.is(iso('24/7/2018', { order: 'mdy' }), 'unreadable');
  assert.is(iso('7/24/2018', { order: 'dmy' }), 'unreadable');
});

test('the first date with only one reading decides, and both readings are kept until then', () => {
  const times = createTimeParser({ dateOrder: 'auto', timeUnit: 'auto' });
  const early = { ...times.parse('1/2/2018', undefined) };
  assert.is(new Date(early.time).toISOString().slice(0, 10), '2018-01-02');
  assert.is(new Date(early.otherTime).toISOString().slice(0, 10), '2018-02-01');
  assert.is(times.order(), undefined);
  assert.ok(times.parse('24/7/2018', undefined).readable);
  assert.is(times.order(), 'dmy');
  const late = times.parse('1/2/2018', undefined);
  assert.is(new Date(late.time).toISOString().slice(0, 10), '2018-02-01');
  assert.is(late.time, late.otherTime);
  assert.not(times.parse('7/24/2018', undefined).readable);
});

test('any time written as ISO 8601 is read back', () => {
  const anyDate = fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.array(anyDate, { maxLength: 5 }), (dates) => {
      const times = createTimeParser({ dateOrder: 'auto', timeUnit: 'auto' });
      for (const date of dates) assert.is(times.parse(date.toISOString(), undefined).time, date.getTime());
    }),
  );
});

test('anything but text, a number, and a date is unreadable, also as the time of day', () => {
  const shapes = [{ toString: 1 }, [['2024-01-02']], {}, true, Object.create(Date.prototype), Symbol('a'), () => 1];
  for (const shape of shapes) assert.is(iso(shape), 'unreadable');
  for (const clock of [{ toString: 1 }, ['8:26'], new Date(0)]) assert.is(iso('2024-01-02', { clock }), 'unreadable');
});

test('a long text is no date, and takes no longer than reading it', () => {
  for (const unit of [' ', '1', '1:10 ', 'mar ', '(', '1.', '月']) {
    assert.is(iso(`2025-03-01${unit.repeat(300_000)}!`), 'unreadable', unit);
    assert.is(iso('2025-03-01', { clock: `1:10${unit.repeat(300_000)}!` }), 'unreadable', unit);
  }
});

test.run();
