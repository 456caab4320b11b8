import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { settledCondition } from '../../../src/live/conditions/condition.ts';
import { compileSettings } from '../../../src/live/scenarios/compile.ts';
import { ofCustomers, ofProducts, resolved } from '../../../src/live/scenarios/resolve.ts';
import type { Merchandising } from '../../../src/recommending/serving/options.ts';

const test = suite('options of a scenario');
const columns = createColumns({ productInfo: [{}] }, () => undefined);
const cheap = { field: 'price', max: 5 };
const tea = { field: 'category', equals: 'Tea' };
const compiled = compileSettings(
  {
    scenarios: {
      shelf: { n: 4, purchased: 'exclude', diversity: 0.5, per_category: 2, mix: 1, explain: true, fields: ['price'] },
      cheap: { filter: cheap, rules: ['tea', 'past', 'future'] },
    },
    rules: { tea: { filter: tea }, past: { filter: cheap, until: 100 }, future: { filter: cheap, from: 200 } },
  },
  columns,
);
const read: unknown[] = [];
const readFilter = (filter: unknown) => {
  read.push(filter);
  return settledCondition(filter, 'filter', columns);
};
const resolve = (options: object, takes: Parameters<typeof resolved>[2] = ofCustomers, now = 150) =>
  resolved(compiled, options, takes, readFilter, now) as Record<string, unknown>;

test('what the request says goes before what the scenario says', () => {
  const all = { n: 4, purchased: 'exclude', diversity: 0.5, perCategory: 2, mix: 1, explain: true, fields: ['price'] };
  assert.equal(resolve({ scenario: 'shelf' }), all);
  const own = { n: 2, purchased: 'allow', diversity: 0, perCategory: 1, mix: 0, explain: false, fields: [] };
  assert.equal(resolve({ scenario: 'shelf', ...own }), own);
  assert.equal(resolve({ scenario: 'shelf', n: undefined, deny: ['A'] }), { ...all, deny: ['A'] });
  assert.equal(resolve({ scenario: 'shelf' }, ofProducts), { n: 4, fields: ['price'] });
});

test('a mix fits the list, and what the request asks for', () => {
  assert.equal(resolve({ scenario: 'home' }), { mix: 3 });
  assert.equal(resolve({ scenario: 'home', n: 2 }), { n: 2, mix: 2 });
  assert.equal(resolve({ scenario: 'home', purchased: 'only' }), { purchased: 'only', mix: 0 });
  assert.equal(resolve({ scenario: 'home', mix: 1 }), { mix: 1 });
});

test('filters are joined, of rules only those of this moment, and each rule once', () => {
  const filters = (options: object, now?: number) => {
    const { filter } = resolve(options, ofCustomers, now) as { filter: { and?: unknown[] } };
    return filter?.and?.length ?? (filter ? 1 : 0);
  };
  assert.is(filters({ scenario: 'home' }), 0);
  assert.is(filters({ rules: ['tea'] }), 1);
  assert.is(filters({ scenario: 'cheap' }), 2);
  assert.is(filters({ scenario: 'cheap' }, 99), 3);
  assert.is(filters({ scenario: 'cheap' }, 200), 3);
  assert.is(filters({ scenario: 'cheap', rules: ['tea'], filter: tea }), 3);
  assert.equal(resolve({ rules: [], filter: tea }), { filter: tea });
});

test('the filter of a request is read by itself, so that its places are its own', () => {
  assert.throws(
    () => resolve({ scenario: 'cheap', filter: { and: [{ field: 'price', min: 'x' }] } }),
    /^filter\.and\[0\]\.min: /,
  );
});

test('boosts are added, and pins, of which those of the request come first', () => {
  const boost = (by: number) => ({ filter: tea, by });
  const own = compileSettings(
    {
      scenarios: { s: { boost: [boost(1)], pin: [{ product_id: 'A', position: 1 }], rules: ['r'] } },
      rules: { r: { boost: [boost(2)], pin: [{ product_id: 'B', position: 1 }] } },
    },
    columns,
  );
  const of = (options: object) => {
    const { boost = [], pin } = resolved(own, options, ofCustomers, readFilter) as Merchandising;
    return [boost.map(({ by }) => by), pin?.map(({ product, position }) => `${product} ${position}`)];
  };
  assert.equal(of({ scenario: 's' }), [
    [1, 2],
    ['A 1', 'B 1'],
  ]);
  const pin = [
    { product: 'C', position: 1 },
    { product: 'B', position: 4 },
  ];
  assert.equal(of({ scenario: 's', boost: [boost(3)], pin }), [
    [3, 1, 2],
    ['C 1', 'B 4', 'A 1'],
  ]);
  assert.equal(of({ scenario: 'home' }), [[], undefined]);
  for (const wrong of [{ boost: 3 }, { boost: [{ by: 3 }] }, { pin: [null] }, { pin: 'A' }])
    assert.throws(() => of({ scenario: 's', ...wrong }), /^(boost|pin)\S*: expected/);
});

test('unknown names are refused with those that there are', () => {
  assert.throws(() => resolve({ scenario: 'hom' }), /'hom'.*home, cart, buy-again, new, shelf, cheap/);
  assert.throws(() => resolve({ scenario: 3 }), /^scenario: /);
  assert.throws(() => resolve({ rules: ['tea', 'x'] }), /^rules\[1\]: expected one of the rules tea, past, future/);
  assert.throws(() => resolve({ rules: 'tea' }), /^rules: /);
  const bare = compileSettings({}, columns);
  assert.throws(() => resolved(bare, { rules: ['x'] }, ofCustomers, readFilter), /no rule, since there are none/);
});

test.run();
