import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assignment } from '../../../src/live/experiments/assignment.ts';
import { chiSquareTail, mismatchOf } from '../../../src/live/experiments/statistics.ts';
import { createRandom } from '../../../src/random.ts';

const test = suite('assignment to arms');
const count = 40_000;
const random = createRandom(1);
const hex = (digits: number) => Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
const idsOf: Record<string, (i: number) => string> = {
  numbers: (i) => String(i + 1),
  addresses: (i) => `customer${i}@shop.example`,
  'numbers with zeros': (i) => `C-${String(i).padStart(8, '0')}`,
  UUIDs: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
};
const ids = Object.entries(idsOf).map(([kind, id]) => [kind, Array.from({ length: count }, (_, i) => id(i))] as const);

function countsOf(names: readonly string[], all: readonly string[], armOf: (customer: string) => string): number[] {
  const counts = new Map(names.map((name) => [name, 0]));
  for (const id of all) counts.set(armOf(id), counts.get(armOf(id))! + 1);
  return [...counts.values()];
}

test('arms have their shares of the customers, whatever the ids look like', () => {
  for (const [kind, all] of ids)
    for (const shares of [
      [50, 50],
      [90, 10],
      [99, 1],
      [33.3, 33.3, 33.4],
      [10, 10, 10, 10, 10, 10, 10, 10, 10, 10],
    ])
      for (const experiment of ['taste', 'b']) {
        const names = shares.map((_, i) => `arm-${i}`);
        const armOf = assignment(experiment, Object.fromEntries(names.map((name, i) => [name, { share: shares[i] }])));
        const p = mismatchOf(countsOf(names, all, armOf), shares);
        assert.ok(p > 1e-4, `${experiment}, ${kind}, ${shares}: p = ${p}`);
      }
});

test('what arm somebody has in one experiment says nothing of another', () => {
  const arms = { a: { share: 50 }, b: { share: 30 }, c: { share: 20 } };
  const names = Object.keys(arms);
  const experiments = ['taste', 'tastf', 'a', 'b', '1'];
  for (const [kind, all] of ids.map(([kind, all]) => [kind, all.slice(0, 20_000)] as const)) {
    const armsOf = experiments.map((experiment) => all.map(assignment(experiment, arms)));
    for (let one = 0; one < experiments.length; one++)
      for (let other = 0; other < one; other++) {
        let square = 0;
        for (const a of names)
          for (const b of names) {
            const expected = (all.length * arms[a as 'a'].share * arms[b as 'a'].share) / 1e4;
            const both = all.filter((_, i) => armsOf[one][i] === a && armsOf[other][i] === b).length;
            square += (both - expected) ** 2 / expected;
          }
        const p = chiSquareTail(square, names.length ** 2 - 1);
        assert.ok(p > 1e-4, `${kind}: ${experiments[one]} and ${experiments[other]}: p = ${p}`);
      }
  }
});

test('the order of the arms does not matter, and names do', () => {
  const [, all] = ids[0];
  const armOf = assignment('taste', { a: { share: 60 }, b: { share: 40 } });
  const turned = assignment('taste', { b: { share: 40 }, a: { share: 60 } });
  const other = assignment('test', { a: { share: 60 }, b: { share: 40 } });
  assert.ok(all.every((id) => armOf(id) === turned(id)));
  assert.ok(all.some((id) => armOf(id) !== other(id)));
});

test('another share moves as few customers as it can, and an arm that ends only its own', () => {
  const [, all] = ids[1];
  const small = assignment('taste', { control: { share: 90 }, a: { share: 5 }, b: { share: 5 } });
  const large = assignment('taste', { control: { share: 50 }, a: { share: 25 }, b: { share: 25 } });
  const two = assignment('taste', { control: { share: 95 }, a: { share: 5 } });
  for (const id of all) {
    if (small(id) !== large(id)) assert.is(small(id), 'control');
    if (large(id) === 'control') assert.is(small(id), 'control');
  }
  const kept = all.filter((id) => small(id) === two(id)).length;
  assert.ok(kept > 0.945 * count && kept < 0.955 * count, `${kept} of ${count} stay`);
});

test.run();
