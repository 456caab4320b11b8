/**
 * A shop as one part of an Express app. Whatever takes a Node request can call an app's `fetch` in this way.
 *
 *     node --import tsx test/examples/express.ts
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createShop, readOrders, sampleOrders, train } from 'endcap';
import { createApp } from 'endcap/server';
import express from 'express';

const model = await train(await readOrders(sampleOrders({ lines: 2000 })));
const shop = await createShop({ model });

const app = express();
// Express takes the path off before the shop sees it. No express.json() above it: the shop reads bodies itself.
app.use('/shop', getRequestListener(createApp({ shop, basePath: '/shop' }).fetch));
app.use(express.json());
app.get('/', (_request, response) => void response.send('Welcome'));

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

console.log(await (await fetch(url)).text());
const response = await fetch(`${url}/shop/recommend`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ basket: [model.products[0]], num_recommendations: 2 }),
});
console.log(response.status, await response.text());
const { servers } = (await (await fetch(`${url}/shop/openapi.json`)).json()) as { servers: { url: string }[] };
console.log(servers[0].url);
const missing = await fetch(`${url}/shop/nowhere`);
console.log(missing.status, await missing.text());

server.close();
server.closeAllConnections();
await shop.close();
