/**
 * A shop as one part of a Fastify app.
 *
 *     node --import tsx test/examples/fastify.ts
 */
import { getRequestListener } from '@hono/node-server';
import { createShop, readOrders, sampleOrders, train } from 'endcap';
import { createApp } from 'endcap/server';
import fastify from 'fastify';
import { Hono } from 'hono';

const model = await train(await readOrders(sampleOrders({ lines: 2000 })));
const shop = await createShop({ model });
// Fastify leaves the path as it is, so that the shop is mounted at it.
const answer = getRequestListener(new Hono().route('/shop', createApp({ shop })).fetch);

const app = fastify();
app.get('/', () => 'Welcome');
app.register(async (part) => {
  // The shop reads bodies itself, of any type.
  part.removeAllContentTypeParsers();
  part.addContentTypeParser('*', (_request, _body, done) => done(null));
  part.all('/shop/*', async (request, reply) => {
    reply.hijack();
    await answer(request.raw, reply.raw);
  });
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });

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

await app.close();
await shop.close();
