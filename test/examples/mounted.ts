/**
 * Recommendations as one part of an app that you already have, and a model that is replaced while the app runs.
 *
 *     node --import tsx test/examples/mounted.ts [port]
 */
import { createRecommender, type Recommender, readOrders, sampleOrders, train } from 'endcap';
import { serve } from 'endcap/serve';
import { createApp } from 'endcap/server';
import { Hono } from 'hono';

let recommender: Recommender | undefined;

const app = new Hono();
app.get('/', (c) => c.text('The shop'));
// The function runs once per request. It returns undefined until there is a model; requests then get a 503.
app.route('/recommendations', createApp({ recommender: () => recommender }));

const server = await serve({ app, port: Number(process.argv[2] ?? 0) });
console.log(`Listening on ${server.url}`);

/** Trains on today's orders, then swaps the models between two requests. */
async function retrain(): Promise<void> {
  const model = await train(await readOrders(sampleOrders({ lines: 2000 })));
  const previous = recommender;
  recommender = createRecommender(model);
  await previous?.close();
}

async function ask(): Promise<void> {
  const response = await fetch(`${server.url}/recommendations/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: 'somebody new', num_recommendations: 2 }),
  });
  console.log(response.status, await response.text());
}

await ask();
await retrain();
await ask();

// A server would go on from here, and retrain every night.
await server.close();
await recommender?.close();
