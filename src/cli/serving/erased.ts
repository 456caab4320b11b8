/** Orders without the customers whom a shop has erased. */
import { EndcapError } from '../../errors.ts';
import type { ShopStore } from '../../live/store/store.ts';
import { sourceName } from '../../orders/sources/read.ts';
import { count, note } from '../terminal/terminal.ts';
import { readWithProgress } from '../training.ts';

/**
 * Reads orders, and reads them again without those of their customers whom the store has erased, since it knows these by
 * their hashes only.
 */
export function readWithout(store: Pick<ShopStore, 'erasuresAfter' | 'hashOf'>): typeof readWithProgress {
  return async (source, reading) => {
    const hashes = new Set((await store.erasuresAfter(0)).map(({ hash }) => hash));
    const all = await readWithProgress(source, reading);
    if (hashes.size === 0) return all;
    const erased = all.customers.filter((customer) => hashes.has(store.hashOf(customer)));
    // Standard input cannot be read twice.
    if (erased.length > 0 && Array.isArray(source) && source.includes('-'))
      throw new EndcapError(
        'invalid_options',
        `standard input has ${count(erased.length, 'customer')} who are erased, and can be read only once; take them out of ` +
          'the orders, or read these from a file',
        { customers: erased.length },
      );
    if (erased.length > 0)
      note(`Reading again without ${count(erased.length, 'erased customer')}, whom ${sourceName(source)} still has`);
    const customersOut = [...(reading.customersOut ?? []), ...erased];
    const dataset = erased.length > 0 ? await readWithProgress(source, { ...reading, customersOut }) : all;
    // Examples of dropped records, which go into the model, may show the id of anybody.
    return { ...dataset, account: { ...dataset.account, examples: {} } };
  };
}
