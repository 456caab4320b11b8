/** The explorer over a shop whose ids and names are as hostile as they can be. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createShop } from '../../../../src/live/shop.ts';
import type { ShopOptions } from '../../../../src/live/types.ts';
import { createApp } from '../../../../src/server/app.ts';
import { fit } from '../../../../src/training/fit.ts';
import { type Basket, datasetOfBaskets } from '../../../support/baskets.ts';
import { plainText } from '../asking.ts';

export const hostile = [
  ...[
    'a/b',
    '..',
    '.',
    '../x',
    '100%',
    '%2e%2e',
    '<script>alert(1)</script>',
    '😀 smile',
    '\u202eright to left',
    'a b',
    'a+b',
  ],
  ...['"quoted" & more', 'x'.repeat(300), 'ann?id=bob#there', 'é'],
];
const evilName = '<img src=x onerror=alert(1)>';
const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

/** Customers `c0` to `c59` and the hostile ones, who buy some of twenty products. */
export async function exploredModel() {
  const baskets = new Map<string, Basket[]>();
  const ids = [...Array.from({ length: 60 }, (_, i) => `c${i}`), ...hostile];
  for (const [c, id] of ids.entries()) {
    const orders = Array.from({ length: 1 + (c % 12) }, (_, order) => ({
      products: [`p${c % 20}`, `p${(c + order) % 20}`, `p${(c * 7 + order * 3) % 20}`],
      time: start + (c + 5 * order) * day,
    }));
    baskets.set(id, orders);
  }
  const names = new Map(
    Array.from({ length: 20 }, (_, p) => [
      `p${p}`,
      { name: p === 3 ? evilName : `Product ${p}`, category: `Kind ${p % 3}`, price: p + 0.5 },
    ]),
  );
  return fit(datasetOfBaskets(baskets, names, { customer: 'customer', order: 'order', time: 'time' }), {
    ...{ factors: 8, iterations: 2, threads: 1 },
  });
}

/** Asks for pages; `text` is what a browser would show. */
export function pagesOf(app: ReturnType<typeof createApp>) {
  return async (path: string) => {
    const response = await app.request(`/explorer${path}`);
    const body = await response.text();
    return { status: response.status, to: response.headers.get('location'), body, text: plainText(body) };
  };
}

export async function openExplorer(given: Partial<ShopOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-explorer-'));
  const model = await exploredModel();
  const shop = await createShop({ model, store: join(folder, 'shop.db'), threads: 1, ...given });
  const errors: unknown[] = [];
  const app = createApp({ shop, explorer: true, onError: (error) => errors.push(error) });
  return {
    ...{ model, shop, app, errors, page: pagesOf(app) },
    async close() {
      await shop.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const customerPath = (id: string, others: Record<string, string> = {}) =>
  `/customers?${new URLSearchParams({ id, ...others })}`;
