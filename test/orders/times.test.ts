import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTimeParser, type DateOrder } from '../../src/orders/times.ts';

const test = suite('times');

function iso(cell: unknown, { clock, order = 'auto' }: { clock?: unknown; order?: DateOrder | 'auto' } = {}): string {
  const { time, readable } = createTimeParser(order).parse(cell, clock);
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
  for (const cell of [new Date(Number.NaN), {}, true, 1e30]) assert.is(iso(cell), 'unreadable');
  for (const cell of ['', ' ', 'NaT', 'null', null, undefined, Number.NaN]) assert.is(iso(cell), 'none', String(cell));
});

test('a time of day from another column is added to a date without one', () => {
  assert.is(iso('1/2/2018', { clock: '10:56:33' }), '2018-01-02T10:56:33');
  assert.is(iso('1/2/2018', { clock: '1:05 PM' }), '2018-01-02T13:05:00');
  assert.is(iso('2018-01-02 09:00', { clock: '10:56:33' }), '2018-01-02T09:00:00');
  assert.is(iso('1/2/2018', { clock: '' }), '2018-01-02T00:00:00');
  assert.is(iso('1/2/2018', { clock: 'noon' }), 'unreadable');
});

test('the order of day and month can be given', () => {
  assert.is(iso('1/2/2018', { order: 'mdy' }), '2018-01-02T00:00:00');
  assert.is(iso('1/2/2018', { order: 'dmy' }), '2018-02-01T00:00:00');
  assert.is(iso('24/7/2018', { order: 'mdy' }), 'unreadable');
  assert.is(iso('7/24/2018', { order: 'dmy' }), 'unreadable');
});

test('the first date with only one reading decides, and both readings are kept until then', () => {
  const times = createTimeParser('auto');
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
      const times = createTimeParser('auto');
      for (const date of dates) assert.is(times.parse(date.toISOString(), undefined).time, date.getTime());
    }),
  );
});

test('anything but text, a number, and a date is unreadable, also as the time of day', () => {
  const shapes = [{ toString: 1 }, [['2024-01-02']], {}, true, Object.create(Date.prototype), Symbol('a'), () => 1];
  for (const shape of shapes) assert.is(iso(shape), 'unreadable');
  for (const clock of [{ toString: 1 }, ['8:26'], new Date(0)]) assert.is(iso('2024-01-02', { clock }), 'unreadable');
});

test.run();
