import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { experimentFor } from '../../../src/live/experiments/compile.ts';
import { compileSettings } from '../../../src/live/scenarios/compile.ts';
import { toJson } from '../../../src/live/scenarios/json.ts';

const test = suite('settings of experiments');
const columns = createColumns({ productInfo: [{ category: 'Tea' }] }, () => undefined);
const compile = (experiments: unknown, more: object = {}) => compileSettings({ ...more, experiments }, columns);
const scenarios = { bestsellers: { purchased: 'exclude' } };
const arms = { control: { share: 50 }, popular: { share: 50, scenario: 'cart' } };
const taste = { arms, control: 'control' };

function wrongOf(experiments: unknown): string {
  try {
    compile(experiments, { scenarios });
  } catch (error) {
    const { code, message, details } = error as { code: string; message: string; details: { option: string } };
    assert.is(code, 'invalid_options');
    assert.ok(message.startsWith(`${details.option}: expected `), message);
    return message.replace(': expected', ':');
  }
  return 'nothing';
}

test('what is said comes back, and nothing is said of what is not', () => {
  const said = {
    taste: { ...taste, for: ['home'], from: '2026-06-01T00:00:00Z', until: 1_790_000_000_000, effect: 3 },
  };
  const { settings, experiments } = compile(said);
  assert.equal((toJson(settings) as { experiments: unknown }).experiments, said);
  assert.is(experiments[0].name, 'taste');
  assert.equal(compile(undefined).experiments, []);
  assert.equal(compile(undefined).settings.experiments, {});
});

test('what is wrong is named by its place', () => {
  const withArms = (arms: object, control = 'control') => ({ taste: { arms, control } });
  const five = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`m${i}`, { share: 25, model: `m${i}` }]));
  for (const [experiments, expected] of [
    [[], 'experiments: an object with at most 10 experiments, by name'],
    [{ 'a b': taste }, 'experiments.a b: a name of 1 to 64'],
    [{ taste: { arms } }, 'experiments.taste.control: the name of the arm that the others are compared with'],
    [withArms(arms, 'other'), 'experiments.taste.control: one of the arms control, popular'],
    [withArms(arms, 'toString'), 'experiments.taste.control: one of the arms control, popular'],
    [{ taste: { control: 'control' } }, 'experiments.taste.arms: an object with 2 to 10 arms, by name'],
    [withArms({ control: { share: 100 } }), 'experiments.taste.arms: an object with 2 to 10 arms'],
    [
      withArms({ control: { share: 50 }, b: { share: 49 } }),
      'experiments.taste.arms: shares of 100 together; they are 99',
    ],
    [
      withArms({ control: { share: 100 }, b: { share: 0 } }),
      'experiments.taste.arms.b.share: percent of the customers',
    ],
    [withArms({ control: { share: 50 }, b: {} }), 'experiments.taste.arms.b.share: percent'],
    [
      withArms({ control: { share: 50 }, b: { share: 50, modell: 'a' } }),
      'experiments.taste.arms.b.modell: one of share',
    ],
    [withArms({ control: { share: 50 }, b: { share: 50, model: '' } }), 'experiments.taste.arms.b.model: the path'],
    [
      withArms({ control: { share: 50 }, b: { share: 50, scenario: 'gifts' } }),
      'experiments.taste.arms.b.scenario: one of the scenarios home, cart, buy-again, bestsellers',
    ],
    [
      withArms({ control: { share: 50 }, b: { share: 50, scenario: 'new' } }),
      'experiments.taste.arms.b.scenario: one of',
    ],
    [withArms(five, 'm0'), 'experiments.taste.arms.m3.model: at most 3 model files'],
    [{ taste: { ...taste, for: ['home', 'gifts'] } }, 'experiments.taste.for[1]: one of the scenarios'],
    [{ taste: { ...taste, for: [] } }, 'experiments.taste.for: a list of 1 to 100'],
    [{ taste: { ...taste, from: 2, until: 2 } }, 'experiments.taste.until: a time after from'],
    [{ taste: { ...taste, effect: 0 } }, 'experiments.taste.effect: percent'],
    [{ taste: { ...taste, arm: {} } }, 'experiments.taste.arm: one of arms, control'],
    [
      Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`e${i}`, taste])),
      'experiments: an object with at most 10',
    ],
  ] as const)
    assert.ok(wrongOf(experiments).startsWith(expected), `${wrongOf(experiments)} is not ${expected}`);
});

test('shares may be thirds, as far as they can be written', () => {
  const third = { share: 33.333333 };
  assert.is(wrongOf({ taste: { arms: { a: third, b: third, c: { share: 33.333334 } }, control: 'a' } }), 'nothing');
});

test('a list takes part in one experiment: others are for other scenarios, or at other times', () => {
  const other = /^experiments.b.for: scenarios or times other than those of experiment a/;
  assert.match(wrongOf({ a: taste, b: taste }), other);
  assert.match(wrongOf({ a: taste, b: { ...taste, for: ['home'] } }), other);
  assert.match(wrongOf({ a: { ...taste, for: ['cart', 'home'] }, b: { ...taste, for: ['home'] } }), other);
  assert.match(wrongOf({ a: { ...taste, until: 11 }, b: { ...taste, from: 10 } }), other);
  assert.is(wrongOf({ a: { ...taste, for: ['cart'] }, b: { ...taste, for: ['home'] } }), 'nothing');
  assert.is(wrongOf({ a: { ...taste, until: 10 }, b: { ...taste, from: 10 } }), 'nothing');
});

test('lists take part from the first moment until the one that ends it, and those of new products never', () => {
  const { experiments } = compile({
    a: { ...taste, for: ['home', 'cart'], from: 10, until: 20 },
    b: { ...taste, from: 20, until: 30 },
  });
  const at = (scenario: string | undefined, now: number) => experimentFor(experiments, scenario, now)?.name;
  assert.equal(
    [9, 10, 19, 20, 29, 30].map((now) => at('home', now)),
    [undefined, 'a', 'a', 'b', 'b', undefined],
  );
  assert.equal(
    [15, 25].map((now) => at(undefined, now)),
    [undefined, 'b'],
  );
  assert.equal(
    [15, 25].map((now) => at('buy-again', now)),
    [undefined, 'b'],
  );
  assert.equal(
    [15, 25].map((now) => at('new', now)),
    [undefined, undefined],
  );
});

test.run();
