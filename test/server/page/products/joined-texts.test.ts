import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTexts, type Texts } from '../../../../src/server/page/products/joined-texts.ts';
import { lineOfName, queryOf, rankOf, textOf } from '../../../../src/server/page/products/texts.ts';
import { finish } from '../../../../src/turns.ts';

const test = suite('texts of many products');

function found(texts: Texts, typed: string): [place: number, rank: number][] {
  const all: [number, number][] = [];
  finish(texts.eachMatch(queryOf(typed), (place, rank) => all.push([place, rank])));
  return all;
}

function named(texts: Texts, name: string): number[] {
  const places: number[] = [];
  finish(texts.eachNamed(name, (place) => places.push(place)));
  return places;
}

/** By a look at each. */
function plainly(texts: readonly string[], typed: string): [place: number, rank: number][] {
  const query = queryOf(typed);
  return texts.map((text, place): [number, number] => [place, rankOf(text, query)]).filter(([, rank]) => rank >= 0);
}

test('what matches is what a look at each text finds, also after some have changed', () => {
  // Few letters, so that much matches; the first is what stands between texts.
  const word = fc.string({ unit: fc.constantFrom('\0', '\n', 'a', 'b', 'ä', ' ', '茶'), maxLength: 5 });
  const product = fc.tuple(word, word, word).map((parts) => textOf(...parts));
  fc.assert(
    fc.property(
      fc.array(product, { maxLength: 12 }),
      fc.array(product, { maxLength: 3 }),
      word,
      (all, others, typed) => {
        const texts = createTexts();
        for (const [place, text] of all.entries()) texts.set(place, text);
        if (queryOf(typed).id === '') return;
        assert.equal(found(texts, typed), plainly(all, typed));
        const changed = [...all];
        for (const [i, text] of others.entries()) {
          const place = Math.min(changed.length, 3 * i);
          changed[place] = text;
          texts.set(place, text);
        }
        assert.is(texts.size(), changed.length);
        assert.equal(found(texts, typed), plainly(changed, typed));
      },
    ),
  );
});

test('a whole name finds those that are called so, and no category', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'Á', ' '), maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name, name), { maxLength: 12 }), name, (products, typed) => {
      const texts = createTexts();
      for (const [place, product] of products.entries()) texts.set(place, textOf(...product));
      const isNamed = ([, of]: (typeof products)[number]) => lineOfName(of) === lineOfName(typed);
      assert.equal(
        named(texts, typed),
        products.flatMap((product, place) => (isNamed(product) ? place : [])),
      );
    }),
  );
});

test('texts of more than one part have their places', () => {
  const all = Array.from({ length: 9000 }, (_, i) => textOf(`p${i}`, i % 1000 === 7 ? 'Red mug' : 'Bowl', 'Kitchen'));
  const texts = createTexts();
  for (const [place, text] of all.entries()) texts.set(place, text);
  assert.equal(
    found(texts, 'mug'),
    Array.from({ length: 9 }, (_, i) => [1000 * i + 7, 3]),
  );
  assert.equal(
    named(texts, 'RED mug'),
    Array.from({ length: 9 }, (_, i) => 1000 * i + 7),
  );
  for (const typed of ['p89', 'p8999', 'kitchen', 'mug red']) assert.equal(found(texts, typed), plainly(all, typed));
});

test.run();
