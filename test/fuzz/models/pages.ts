/** Asks for the pages about a model, which show as text whatever it says of itself. */
import assert from 'node:assert/strict';
import { EndcapError } from '../../../src/errors.ts';
import type { Random } from '../../../src/random.ts';
import type { Recommender } from '../../../src/recommending/types.ts';
import { createApp } from '../../../src/server/app.ts';
import { coverageOf } from '../../../src/server/page/catalogue/coverage.ts';
import { addressOf } from '../../../src/server/page/links.ts';
import { until } from '../../support/until.ts';
import { pick } from '../draw.ts';

const places = ['', '/customers', '/products', '/catalogue', '/catalogue.csv', '/quality', '/data', '/live'];

/** Returns how many pages there were. */
export async function askForPages(recommender: Recommender, random: Random): Promise<number> {
  const faults: unknown[] = [];
  const app = createApp({ recommender, explorer: true, onError: (error) => faults.push(error) });
  const { customers, products } = recommender.model;
  const about = (of: 'customers' | 'products', ids: readonly string[]) =>
    (ids.length > 0 && addressOf('', of, pick(random, ids))) || `/${of}?q=c`;
  const paths = [...places, about('customers', customers), about('products', products)];
  try {
    for (const path of paths) {
      const response = await app.request(`http://localhost/explorer${path}`);
      const text = await response.text();
      for (const fault of faults) if (!(fault instanceof EndcapError) || fault.code !== 'not_finite') throw fault;
      assert.ok([200, 302, 404].includes(response.status) || faults.length > 0, `${path}: ${response.status}`);
      assert.doesNotMatch(text, /<script>|<img|native code/);
    }
  } finally {
    // Counting goes on after the page, with memory that is freed with the case.
    await until(() => coverageOf(recommender).state !== 'running', 1);
  }
  return paths.length;
}
