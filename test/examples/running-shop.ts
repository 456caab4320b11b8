/**
 * A shop whose lists follow what is sold out and what was bought, over HTTP as a part of your own app.
 *
 *     node --import tsx test/examples/running-shop.ts [store]
 */
import { createShop, readOrders, sampleOrders, train } from 'endcap';
import { serve } from 'endcap/serve';
import { createApp } from 'endcap/server';
import { Hono } from 'hono';

const model = await train(await readOrders(sampleOrders({ lines: 2000 })));
const shop = await createShop({ model, store: process.argv[2] ?? 'shop.db' });
const app = new Hono().route('/shop', createApp({ shop }));
const server = await serve({ app, port: 0 });

async function send(method: string, path: string, body: object): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${server.url}/shop${path}`, { method, headers, body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

// What sells best, for somebody whom nobody knows.
const before = await shop.recommend('ann', { n: 3 });
const [first, second] = before.items.map(({ product }) => product);
console.log(`ann: ${before.source}, ${first} first`);

// In your own process you would call shop.putProducts and shop.recordPurchases.
console.log(await send('PUT', '/products', { products: [{ product_id: first, available: false }] }));
const line = { user_id: 'ann', order_id: 'w1', product_id: second, quantity: 1 };
console.log(await send('POST', '/purchases', { purchases: [line] }));

const after = await shop.recommend('ann', { n: 10_000 });
console.log(
  `ann: ${after.source}, ${first} ${after.items.some(({ product }) => product === first) ? 'listed' : 'gone'}`,
);

await shop.eraseCustomer('ann');
console.log(`ann: ${(await shop.recommend('ann')).source}`);

await server.close();
await shop.close();
