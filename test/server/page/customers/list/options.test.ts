import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { builtIn } from '../../../../../src/live/scenarios/settings.ts';
import { readBasket } from '../../../../../src/server/page/customers/list/basket.ts';
import { readOptions } from '../../../../../src/server/page/customers/list/options.ts';

const test = suite('options of a page');
const scenarios = { ...builtIn, long: { n: 400 }, short: { n: 3 } };
const read = (given: Record<string, string>) => readOptions((name) => given[name], scenarios);

test('options are read as requests say them, and what is not typed is as always', () => {
  const given = {
    scenario: 'home',
    purchased: 'exclude',
    n: ' 20 ',
    diversity: '.5',
    per_category: '2',
    mix: '30',
    explain: 'no',
  };
  const { asked, problem, isStandard } = read(given);
  assert.is(problem, undefined);
  assert.is(isStandard, false);
  const expected = {
    n: 20,
    purchased: 'exclude',
    diversity: 0.5,
    perCategory: 2,
    mix: 20,
    scenario: 'home',
    explain: false,
  };
  assert.equal(asked, expected);
  const plain = read({ n: '7', explain: 'no' });
  assert.equal([plain.isStandard, plain.asked.n, plain.asked.explain], [true, 7, false]);
  assert.equal([read({}).asked.n, read({}).asked.explain], [10, true]);
});

test('a list is as long as its scenario says, and no longer than a page', () => {
  assert.is(read({ scenario: 'short' }).asked.n, 3);
  assert.is(read({ scenario: 'long' }).asked.n, 50);
  assert.is(read({ scenario: 'short', n: '5' }).asked.n, 5);
  assert.is('explain' in read({ scenario: 'new' }).asked, false);
});

test('what cannot be is named with what was expected, and stays as it was typed', () => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{ n: '0' }, /^n: expected a whole number/],
    [{ n: '51' }, /^n: expected a whole number from 1 to 50/],
    [{ n: '<script>' }, /^n: /],
    [{ diversity: '2' }, /^diversity: expected a number from 0 to 1/],
    [{ diversity: '1e999' }, /^diversity: /],
    [{ per_category: '1.5' }, /^per_category: /],
    [{ mix: '-1' }, /^mix: /],
    [{ purchased: 'maybe' }, /^purchased: expected "allow"/],
    [{ explain: '1' }, /^explain: /],
    [{ scenario: 'toString' }, /^scenario: expected one of home, cart/],
  ];
  for (const [given, message] of wrong) {
    const { problem, typed, asked } = read(given);
    assert.match(problem!, message);
    for (const [name, value] of Object.entries(given)) assert.is(typed[name], value);
    assert.is(asked.n, 10);
  }
  const { problem } = readOptions((name) => (name === 'scenario' ? 'home' : ''), undefined);
  assert.match(problem!, /only a running shop/);
});

const products = ['1', 'mug', 'pot', 'tea', 'x,y'];
const names = ['Mug', 'Tea for two', 'Tea, green', 'Tea', 'Ğ cup'];
const answering = {
  model: { products, productInfo: names.map((name) => ({ name })) },
  productRow: (id: string) => (products.includes(id) ? products.indexOf(id) : undefined),
} as never;
const basket = (text: string) => readBasket(text, answering);

test('a basket holds products by id, by name, or by the beginning of one name', async () => {
  const { entries, isCut } = await basket('mug\n  TEA \nTea,  green\r\n\nx,y\ntea f');
  assert.equal(
    entries.map(({ text, meant }) => [text, meant?.product]),
    [
      ['mug', 'mug'],
      ['TEA', 'tea'],
      ['Tea,  green', 'pot'],
      ['x,y', 'x,y'],
      ['tea f', 'mug'],
    ],
  );
  assert.is(isCut, false);
  assert.equal(
    (await basket('1, mug , nothing')).entries.map(({ meant }) => meant?.product),
    ['1', 'mug', undefined],
  );
});

test('what may be several products, or is none, is told', async () => {
  const [several, none] = (await basket('te\n<b>')).entries;
  assert.equal(several.choices.map(({ product }) => product).sort(), ['mug', 'pot', 'tea']);
  assert.equal([several.meant, several.hasMore], [undefined, false]);
  assert.equal(none, { text: '<b>', choices: [], hasMore: false });
  assert.equal((await basket('')).entries, []);
});

test('only the first products of a long basket count, and no others are looked for', async () => {
  let looked = 0;
  const counting = {
    ...(answering as object),
    productRow: (id: string) => {
      looked++;
      return products.includes(id) ? products.indexOf(id) : undefined;
    },
  } as never;
  for (const [line, mark] of [
    ['1', '\n'],
    ['1', ','],
    [',', '\n'],
    [', ,,', '\n'],
    ['no,', '\n'],
    ['no,no,no,no,no,no,no,no,no', '\n'],
  ]) {
    looked = 0;
    const { entries, isCut } = await readBasket(Array.from({ length: 3000 }, () => line).join(mark), counting);
    assert.equal([entries.length, isCut], [10, true], line);
    assert.ok(looked <= 4 * 11, `${line}: ${looked}`);
  }
});

test.run();
