/**
 * An experiment: half of the customers get more products that are new to them, and a report says whether they buy more.
 *
 *     node --import tsx test/examples/experiment.ts [store]
 */
import { setTimeout } from 'node:timers/promises';
import { createShop, readOrders, sampleOrders, train } from 'endcap';

const model = await train(await readOrders(sampleOrders({ lines: 2000 })));
const shop = await createShop({ model, store: process.argv[2] ?? 'shop.db' });

await shop.putScenarios({
  scenarios: { adventurous: { mix: 8 } },
  experiments: {
    discovery: {
      arms: { control: { share: 50 }, adventurous: { share: 50, scenario: 'adventurous' } },
      control: 'control',
    },
  },
});

// Customers look, and some of them buy. Which arm they are in follows from their ids.
for (const [i, customer] of model.customers.entries()) {
  const { items, experiment } = await shop.recommend(customer);
  if (i === 0) console.log(`${customer} is in ${experiment?.arm}`);
  if (i % 5 !== 0 || items.length === 0) continue;
  await shop.recordPurchases([{ customer, order: `w${i}`, product: items[0].product, quantity: 1 }]);
}

// Lists are in the store within a second or two.
while (shop.status().attribution.waiting > 0) await setTimeout(100);
const { arms, comparisons, conclusions } = await shop.experiment('discovery');
for (const { name, customers, buyers, rate } of arms)
  console.log(`${name}: ${buyers} of ${customers} customers bought from a list, ${rate.low} to ${rate.high}`);
console.log(comparisons[0].verdict, conclusions);

await shop.close();
