import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../../src/errors.ts';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { compileSettings, isActive } from '../../../src/live/scenarios/compile.ts';
import { toJson } from '../../../src/live/scenarios/json.ts';

const test = suite('settings of scenarios');
const columns = createColumns({ productInfo: [{ category: 'Tea' }, {}] }, () => undefined);
const compile = (settings: unknown) => compileSettings(settings, columns);

function placeOf(settings: unknown): string {
  try {
    compile(settings);
  } catch (error) {
    const { code, message, details } = error as { code: string; message: string; details: { option: string } };
    assert.is(code, 'invalid_options');
    assert.ok(message.startsWith(`${details.option}: expected `), message);
    return details.option;
  }
  return 'nowhere';
}

test('there are scenarios without any settings, which a shop may have otherwise', () => {
  const { scenarios, rules, settings } = compile({});
  assert.equal([...scenarios.keys()], ['home', 'cart', 'buy-again', 'new']);
  assert.equal(scenarios.get('home'), { mix: 3 });
  assert.equal(scenarios.get('buy-again'), { purchased: 'only' });
  assert.is(rules.size, 0);
  assert.equal(settings.rules, {});
  const own = compile({ scenarios: { home: { n: 4 }, gifts: {} } });
  assert.equal(own.scenarios.get('home'), { n: 4 });
  assert.equal([...own.scenarios.keys()], ['home', 'cart', 'buy-again', 'new', 'gifts']);
});

test('names that are none say what a name is', () => {
  compile({ scenarios: { 'a.b-c_1': {} }, rules: { [`r${'x'.repeat(63)}`]: {} } });
  const nameText = 'a name of 1 to 64 letters, digits, `-`, `_`, and `.`, the first a letter or digit';
  for (const name of ['a b', '.a', '-a', 'ä', '', 'x'.repeat(65)])
    for (const kind of ['scenarios', 'rules'])
      assert.throws(
        () => compile({ [kind]: { [name]: {} } }),
        ({ details, message }: EndcapError) =>
          details.option === `${kind}.${name}` && message.endsWith(`: expected ${nameText}`),
        name,
      );
});

test('all that requests may say can be said, in the names of JSON, and comes back', () => {
  const settings = {
    scenarios: {
      all: {
        ...{ n: 12, purchased: 'allow', diversity: 0.5, per_category: 2, mix: 4, explain: true },
        ...{ fields: ['image_url', 'price'], rules: ['summer'], filter: { field: 'category', in: ['Tea', 'Cups'] } },
      },
    },
    rules: {
      summer: { from: '2026-06-01T00:00:00+02:00', until: 1_790_000_000_000, filter: { field: 'price', max: 5 } },
    },
  };
  const { settings: own, scenarios } = compile(settings);
  const { perCategory, fields } = scenarios.get('all')!;
  assert.equal([perCategory, fields], [2, ['imageUrl', 'price']]);
  const json = toJson(own) as typeof settings;
  assert.equal([json.scenarios.all, json.rules], [settings.scenarios.all, settings.rules]);
});

test('what is wrong is named by its place', () => {
  const filter = { and: [{ field: 'colour', equals: 'red' }] };
  const boost = { filter: { field: 'price', max: 1 }, by: 1 };
  for (const [settings, place] of [
    [null, 'settings'],
    ['scenarios', 'settings'],
    [{ scenario: {} }, 'scenario'],
    [{ scenarios: [] }, 'scenarios'],
    [{ scenarios: { home: 3 } }, 'scenarios.home'],
    [{ scenarios: { home: { size: 3 } } }, 'scenarios.home.size'],
    [{ scenarios: { home: { n: 0 } } }, 'scenarios.home.n'],
    [{ scenarios: { home: { fields: ['price', 'colour'] } } }, 'scenarios.home.fields[1]'],
    [{ scenarios: { home: { filter } } }, 'scenarios.home.filter.and[0].field'],
    [{ scenarios: { home: { filter: 'price' } } }, 'scenarios.home.filter'],
    [{ scenarios: { home: { filter: { field: 'price', equals: 'low' } } } }, 'scenarios.home.filter.equals'],
    [{ scenarios: { home: { rules: ['summer'] } } }, 'scenarios.home.rules[0]'],
    [{ rules: { r: { boost: [{ filter, by: 1 }] } } }, 'rules.r.boost[0].filter.and[0].field'],
    [{ rules: { r: { boost: [{ filter: { field: 'price', max: 1 }, by: 'much' }] } } }, 'rules.r.boost[0].by'],
    [{ scenarios: { home: { pin: [{ product_id: 'A', position: 0 }] } } }, 'scenarios.home.pin[0].position'],
    [
      { scenarios: { home: { boost: [boost], rules: ['r'] } }, rules: { r: { boost: [boost, boost, boost] } } },
      'scenarios.home.boost',
    ],
    [{ scenarios: { home: { rules: new Array(21).fill('a') } }, rules: { a: {} } }, 'scenarios.home.rules'],
    [{ scenarios: { home: { n: 4, mix: 5 } } }, 'scenarios.home.mix'],
    [{ scenarios: { home: { mix: 1, purchased: 'only' } } }, 'scenarios.home.mix'],
    [{ scenarios: { new: { mix: 1 } } }, 'scenarios.new.mix'],
    [{ scenarios: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`s${i}`, {}])) }, 'scenarios'],
    [{ rules: { summer: { filter } } }, 'rules.summer.filter.and[0].field'],
    [{ rules: { summer: { from: 'June' } } }, 'rules.summer.from'],
    [{ rules: { summer: { from: 2, until: 2 } } }, 'rules.summer.until'],
    [{ scenarios: { '': {} } }, 'scenarios.'],
  ] as const)
    assert.is(placeOf(settings), place, JSON.stringify(settings).slice(0, 80));
});

test('a filter may ask for an attribute that no product has yet', () => {
  const filter = { field: 'attributes.season', equals: 'summer' };
  assert.is(placeOf({ scenarios: { home: { filter } }, rules: { summer: { filter } } }), 'nowhere');
});

test('boosts may be many, if few of them hold at a time', () => {
  const boost = new Array(2).fill({ filter: { field: 'price', max: 1 }, by: 1 });
  const settings = (from: number) => ({
    scenarios: { home: { rules: ['a', 'b'] } },
    rules: { a: { boost, until: 100 }, b: { boost, from } },
  });
  assert.is(placeOf(settings(100)), 'nowhere');
  assert.is(placeOf(settings(99)), 'scenarios.home.boost');
});

test('a rule holds from its first moment until the one that ends it', () => {
  const times = [99, 100, 199, 200];
  const activeAt = (rule: object) => times.filter((time) => isActive(rule, time));
  assert.equal(activeAt({}), times);
  assert.equal(activeAt({ from: 100, until: 200 }), [100, 199]);
  assert.equal(activeAt({ from: new Date(100).toISOString() }), [100, 199, 200]);
  assert.equal(activeAt({ until: new Date(200).toISOString() }), [99, 100, 199]);
});

test.run();
