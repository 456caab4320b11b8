import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { categoriesIn, usualMarks } from '../../../../src/live/catalogue-file/columns/categories.ts';

const test = suite('catalogue file: categories');

test('the most specific category comes first, and each once', () => {
  assert.equal(categoriesIn('Clothing > Hoodies, Clothing, Sale', { between: ',', within: '>' }), [
    'Hoodies',
    'Clothing',
    'Sale',
  ]);
  assert.equal(categoriesIn('Root/Gear/Bags,Root/Gear,Root', { between: ',', within: '/', root: 'Root' }), [
    'Bags',
    'Gear',
    'Root',
  ]);
});

test('a mark after a backslash, and a comma where nothing says that it is one, belong to a name', () => {
  assert.equal(categoriesIn('Pots\\, pans > Lids', { between: ',', within: '>' }), ['Lids', 'Pots, pans']);
  assert.equal(categoriesIn('Home, garden > Pots | Sale;New', usualMarks), ['Pots', 'Home, garden', 'Sale', 'New']);
});

test('there are at most twenty, and none is too long', () => {
  assert.is(categoriesIn(Array.from({ length: 30 }, (_, i) => `C${i}`).join('|'), usualMarks)?.length, 20);
  assert.equal(categoriesIn(' > ; |', usualMarks), []);
  assert.is(categoriesIn(`A > ${'x'.repeat(201)}`, usualMarks), undefined);
});

test.run();
