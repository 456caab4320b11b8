import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { queryOf, rankOf, ranks, textOf } from '../../../../src/server/page/products/texts.ts';

const test = suite('texts of products');

/** How a product matches what was typed. */
const matchOf = (typed: string, product: string, name?: string, category?: string) =>
  ranks[rankOf(textOf(product, name, category), queryOf(typed))];

test('an id, a name, and the beginnings of an id, of words of a name, and of a category match in this order', () => {
  const tea = ['TEA-7', 'Earl Grey Tea, 100 g', 'Hot Drinks'] as const;
  for (const [typed, rank] of [
    ['TEA-7', 'id'],
    ['tea-7', 'id'],
    [' tea-7 ', 'id'],
    ['Earl Grey Tea, 100 g', 'name'],
    ['earl grey TEA 100g', undefined],
    ['earl grey TEA 100-g', 'name'],
    ['tea-', 'beginning of the id'],
    ['tea', 'beginning of the id'],
    ['grey', 'words of the name'],
    ['gr ea', 'words of the name'],
    ['hot', 'words'],
    ['tea, drinks', 'words'],
    ['rey', undefined],
    ['rinks', undefined],
    ['hot coffee', undefined],
    ['7', undefined],
  ] as const)
    assert.is(matchOf(typed, ...tea), rank, typed);
});

test('case, accents, and punctuation do not matter', () => {
  for (const [typed, name] of [
    ['creme brulee', 'Crème-Brûlée (2 pièces)'],
    ['CRÈME', 'creme'],
    ['strasse', 'Große Straße'],
    ['istanbul', 'İstanbul'],
    ['ﬁg', 'fig jam'],
    ['ｔｅａ', 'Tea'],
    ['и', 'Йод'],
  ])
    assert.ok(matchOf(typed, 'x1', name), typed);
});

test('where words have no blanks between them, what is typed may be anywhere', () => {
  assert.is(matchOf('マグ', 'x1', '赤いマグカップ'), 'words of the name');
  assert.is(matchOf('ヴ', 'x1', 'マグ'), undefined);
  assert.is(matchOf('ก', 'x1', 'ชากาแฟ') !== undefined, true);
});

test('text of any kind is searched in and typed', () => {
  for (const text of ['<script>', '\u202eevil', '\ud83d', '😀', '\0', 'x'.repeat(87_000), '.*', '%', '__proto__']) {
    assert.is(matchOf(text, text, text, text), 'id');
    assert.is(matchOf(text, 'other', 'name', 'category'), undefined, text);
  }
  assert.is(matchOf('', 'a', 'b', 'c'), undefined);
  assert.is(matchOf('?!', 'a', 'b', 'c'), undefined);
});

test.run();
