/**
 * Orders in, recommendations out.
 *
 *     node --import tsx test/examples/quick-start.ts [orders.csv]
 */
import { createRecommender, readOrders, sampleOrders, train } from 'endcap';

// Reads CSV, TSV, JSON lines, or Parquet. Without a file, a made-up shop stands in for yours.
const dataset = await readOrders(process.argv[2] ?? sampleOrders({ lines: 2000 }));
const model = await train(dataset);
const recommender = createRecommender(model);

const customer = dataset.customers[0];
const { items, source } = await recommender.recommend(customer, { n: 3, explain: true });
console.log(`For customer ${customer} (${source}):`);
for (const { product, name, explanation } of items) console.log(`  ${product}  ${name ?? ''}  ${explanation?.text}`);

// A visitor without an account, with one product in the basket.
const basket = [items[0].product];
const visitor = await recommender.recommendForBasket(basket, { n: 3 });
console.log(`With ${basket} in the basket (${visitor.source}):`);
for (const { product, name } of visitor.items) console.log(`  ${product}  ${name ?? ''}`);

await recommender.close();
