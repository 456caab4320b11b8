/**
 * Orders that are not in a file: any iterable of objects will do, one object per order line.
 *
 *     node --import tsx test/examples/custom-source.ts
 */
import { describeAccount, readOrders, train } from 'endcap';

interface Purchase {
  buyer: number;
  basket: { sku: string; pieces: number }[];
  paidAt: Date;
}

/** Stands in for your database: one page of purchases, or an empty one after the end. */
async function fetchPage(page: number): Promise<Purchase[]> {
  if (page >= 20) return [];
  return Array.from({ length: 10 }, (_, i) => {
    const buyer = (page + i) % 12;
    const kind = buyer % 2 === 0 ? 'tea' : 'coffee';
    return {
      buyer,
      basket: [
        { sku: `${kind}-${(page * 7 + i) % 5}`, pieces: 1 + (i % 3) },
        { sku: `${kind}-cup`, pieces: 1 },
      ],
      paidAt: new Date(Date.UTC(2026, 0, 1 + page, 8 + i)),
    };
  });
}

/** Reads page after page and flattens purchases to order lines. Only one page is in memory at a time. */
async function* orderLines(): AsyncGenerator<object> {
  for (let page = 0; ; page++) {
    const purchases = await fetchPage(page);
    if (purchases.length === 0) return;
    for (const [i, { buyer, basket, paidAt }] of purchases.entries()) {
      for (const { sku, pieces } of basket) yield { order: `${page}-${i}`, buyer, sku, pieces, paidAt };
    }
  }
}

const dataset = await readOrders(orderLines(), {
  columns: { customer: 'buyer', product: 'sku', quantity: 'pieces', order: 'order', time: 'paidAt' },
});
for (const line of describeAccount(dataset.account)) console.log(line);

const model = await train(dataset);
console.log(`${model.customers.length} customers, ${model.products.length} products, ${model.factors} factors`);
