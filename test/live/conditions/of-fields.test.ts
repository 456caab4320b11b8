import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { readCondition } from '../../../src/live/conditions/condition.ts';
import { fieldsMeet } from '../../../src/live/conditions/of-fields.ts';
import { conditions, entries, meets } from './entries.ts';

const test = suite('conditions on what the shop says');

test('a product without a row meets what it would meet with one', () => {
  const columns = createColumns({ productInfo: [{}, {}] }, () => undefined);
  columns.set(0, { attributes: { a: 'x', b: 1, c: true, d: 'x' } });
  columns.set(1, { attributes: { d: 2 } });
  fc.assert(
    fc.property(entries, conditions, (entry, condition) => {
      const checked = readCondition(condition, 'filter', columns);
      assert.is(fieldsMeet(checked, { ...entry }), meets(condition, entry));
    }),
    { numRuns: 500 },
  );
});

test.run();
