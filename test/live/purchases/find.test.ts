import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findCustomers } from '../../../src/live/purchases/find.ts';

const test = suite('finding customers');

/** A model of these customers, of whom some were erased: in memory, an id that was erased is that of the row before. */
function modelOf(ids: readonly string[], erased: ReadonlySet<string> = new Set(), isInMemory = false) {
  const all = [...ids].sort();
  const customers = [...all];
  if (isInMemory) for (const [row, id] of all.entries()) if (erased.has(id)) customers[row] = customers[row - 1] ?? '';
  return {
    model: { customers } as never,
    customerRow: (id: string | number) => {
      const row = customers.indexOf(String(id));
      return row < 0 || erased.has(all[row]) ? undefined : row;
    },
  };
}

const storeOf = (ids: readonly string[]) => ({
  customersWithPrefix: async (prefix: string, limit: number) =>
    [...new Set(ids)]
      .filter((id) => id.startsWith(prefix))
      .sort()
      .slice(0, limit),
});

test('all whose ids begin with a text are found, of the model and of the store, and nobody who was erased', async () => {
  const id = fc.string({ unit: fc.constantFrom('a', 'b', '1', '/', '.', 'é', ' '), minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      ...([fc.uniqueArray(id), fc.array(id), fc.subarray(['a', 'ab', '1', 'aa', '.']), fc.boolean()] as const),
      ...([
        fc.string({ unit: fc.constantFrom('a', 'b', '1', '.'), maxLength: 2 }),
        fc.integer({ min: 1, max: 9 }),
      ] as const),
      async (known, bought, gone, isInMemory, prefix, limit) => {
        const erased = new Set(gone.filter((id) => known.includes(id)));
        const since = bought.filter((id) => !erased.has(id));
        const found = await findCustomers(modelOf(known, erased, isInMemory), storeOf(since), prefix, limit);
        const others = prefix === '' ? [] : since;
        const all = [...new Set([...known.filter((id) => !erased.has(id)), ...others])].filter((id) =>
          id.startsWith(prefix),
        );
        assert.equal(found.customers, all.sort().slice(0, limit));
        if (found.isCounted) assert.is(found.more, all.length - found.customers.length);
        else assert.ok(found.more <= all.length - found.customers.length);
      },
    ),
  );
});

test('counting ends somewhere, and a store without prefixes is not asked', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `c${10_000 + i}`);
  const found = await findCustomers(modelOf(many), {}, 'c1', 5);
  assert.equal(found, { customers: many.slice(0, 5), more: 2000, isCounted: false });
  assert.equal(await findCustomers(modelOf(many), {}, 'c14999', 5), {
    customers: ['c14999'],
    more: 0,
    isCounted: true,
  });
  assert.equal((await findCustomers(modelOf(['a\0']), storeOf(['x']), 'a\0', 5)).customers, ['a\0']);
});

test.run();
