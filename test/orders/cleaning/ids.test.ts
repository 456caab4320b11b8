import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanCustomerId, cleanId } from '../../../src/orders/cleaning/ids.ts';

const test = suite('ids');

test('ids are trimmed text; a whole number with a zero fraction loses it', () => {
  for (const [cell, id] of [
    ['17850', '17850'],
    [' 17850 ', '17850'],
    ['17850.0', '17850'],
    ['17850.00', '17850'],
    ['-3.0', '-3'],
    ['17850.10', '17850.10'],
    ['1.2.0', '1.2.0'],
    ['SKU-1.0', 'SKU-1.0'],
    ['.0', '.0'],
    ['00120', '00120'],
    ['\u00a0x\ufeff', 'x'],
    [17850, '17850'],
    [17850.5, '17850.5'],
    [17850n, '17850'],
    [9007199254740993n, '9007199254740993'],
    [0, '0'],
  ] as const) {
    assert.is(cleanId(cell), id, String(cell));
  }
});

test('a number above 2^53, a boolean, an object, and half a character are not ids', () => {
  for (const cell of [2 ** 53, 1e300, true, false, {}, [], new Date(), '\ud800', 'a\udc00b', () => 1, Symbol('a')])
    assert.is(cleanId(cell), undefined);
});

test('blanks and the words for a missing value are no ids', () => {
  for (const cell of [
    '',
    '  ',
    'None',
    'NaN',
    'nan',
    'null',
    'NULL',
    ' NaN ',
    '<NA>',
    '\u200b',
    null,
    undefined,
    Number.NaN,
  ])
    assert.is(cleanId(cell), '', String(cell));
  for (const text of ['NULLS', 'none of these', '0', '-', 'nil']) assert.is(cleanId(text), text);
});

test('what keeps a spreadsheet from taking an id for a number is not part of it', () => {
  for (const [cell, id] of [
    ['="00017"', '00017'],
    ['=00017', '00017'],
    ["'00017", '00017'],
    ['="\'00017 "', '00017'],
    ['="A-17"', 'A-17'],
    ["'A-17", 'A-17'],
    ['="17850.0"', '17850'],
    ['="NaN"', ''],
    ["'t Hoekje", "'t Hoekje"],
    ["'7 up'", "'7 up'"],
    ['=SUM(A1:A2)', '=SUM(A1:A2)'],
    ['00017', '00017'],
  ] as const) {
    assert.is(cleanId(cell), id, cell);
  }
});

test('an id without an end is cleaned all the same, in a time that grows with its length', () => {
  const marks = `a${'\u0301\u0316'.repeat(200_000)}`;
  assert.is(cleanId(` ${marks}`), marks);
  assert.is(cleanId('\u{e0041}'.repeat(400_000)), '');
  assert.is(cleanCustomerId(`A@${'a.'.repeat(400_000)}@`), `A@${'a.'.repeat(400_000)}@`);
  assert.is(cleanCustomerId(`A@${'A.'.repeat(400_000)}B`), `a@${'a.'.repeat(400_000)}b`);
});

test('characters that nobody sees are not part of an id, and letters with marks have one form', () => {
  for (const [cell, id] of [
    ['HON\u200b-300', 'HON-300'],
    ['\ufeffHON-300', 'HON-300'],
    ['\u200eHON-300\u200f ', 'HON-300'],
    ['HON\u00ad-300', 'HON-300'],
    ['HON\u2060-\u180e300\u034f', 'HON-300'],
    ['HON\0-\x1b300\x7f', 'HON-300'],
    ['HON\u00a0300', 'HON 300'],
    ['a\u200db\u200cc', 'abc'],
    ['\u200d\u{1f468}\u200d', '\u{1f468}'],
    ['a\u{e0067}', 'a'],
    ['Cafe\u0301', 'Café'],
    ['Cafe\u200b\u0301', 'Café'],
    ['\u200b17850.0', '17850'],
  ] as const) {
    assert.is(cleanId(cell), id, JSON.stringify(cell));
  }
});

test('ids that look different stay different', () => {
  for (const id of [
    '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
    '\u{1f469}\u{1f3fd}\u200d\u{1f680}',
    '❤\ufe0f\u200d\u{1f525}',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    'می\u200cخواهم',
    'क्\u200dष',
    'line\nbreak',
    'tab\tstop',
    'Größe',
    'ｗｉｄｅ',
  ]) {
    assert.is(cleanId(id), id.normalize(), JSON.stringify(id));
  }
  const visible = fc.string({ unit: fc.constantFrom(...'abz019.,-_/#&@é日ß"\'= '), maxLength: 8 });
  fc.assert(
    fc.property(visible, (text) => {
      const changes = text !== text.trim() || /^['=]|\.0+$/.test(text);
      if (!changes) assert.is(cleanId(text), text);
    }),
  );
});

test('a clean id stays as it is', () => {
  const marks = [
    ...'017.-\'="@ \t\n',
    '.0',
    'NaN',
    '="',
    "='",
    '\u200b',
    '\u200c',
    '\u200d',
    '\u0301',
    'e',
    'A',
    'İ',
    'Σ',
    'ẞ',
  ];
  const wilder = [
    '\u{1f468}',
    '\ufe0f',
    '\u{1f3f4}',
    '\u{e0067}',
    'क',
    '्',
    'ا',
    '\u212a',
    '\u0345',
    '\u00a0',
    '\u3000',
    '\ufeff',
  ];
  const unit = fc.oneof(
    fc.constantFrom(...marks, ...wilder),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  for (const clean of [cleanId, cleanCustomerId]) {
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const id = clean(text);
        if (id !== undefined) assert.is(clean(id), id);
      }),
      { numRuns: 5000 },
    );
  }
});

test('a long id takes no longer than reading it', () => {
  const n = 300_000;
  for (const unit of ['\u{e0067}', '\u200d', "'", '=', '.', ' ', '"', '\u0301', '@', '\u{1f3f4}', '7', 'é']) {
    for (const [before, after] of [
      ['', ''],
      ['a@b', ' '],
      ["'", 'x'],
      ['="', ''],
      ['\u{1f3f4}', 'x'],
      ['é', '\ud800'],
    ] as const)
      cleanCustomerId(before + unit.repeat(n) + after);
  }
});

test('an email address is one customer however it is written; other ids keep their case', () => {
  assert.is(cleanCustomerId(' Anna.Muster5@Example.COM '), 'anna.muster5@example.com');
  assert.is(cleanCustomerId('\u200bANNA@example.com'), 'anna@example.com');
  for (const id of ['C002', 'Anna', '@Anna', 'A@B', 'Anna Muster@Example.com']) assert.is(cleanCustomerId(id), id);
  assert.is(cleanId('Anna@Example.com'), 'Anna@Example.com');
});

test.run();
