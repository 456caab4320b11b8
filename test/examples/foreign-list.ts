/**
 * How good are the lists of the system you have now? Measures them and Endcap on the same held-out orders.
 *
 *     node --import tsx test/examples/foreign-list.ts
 */
import {
  baselinesOf,
  createRecommender,
  holdOut,
  type Lister,
  measure,
  noRow,
  readOrders,
  sampleOrders,
  train,
} from 'endcap';

// Holds out the last order of each customer who has two or more. Both systems may learn from `heldOut.train` only.
const { heldOut } = holdOut(await readOrders(sampleOrders({ lines: 2000 })));
const { customers, products, purchases } = heldOut.train;

/** Stands in for the other system: product ids by customer id, best first. Here, what the customer bought, by row. */
const theirs = new Map(
  customers.map((id, row) => {
    const bought = purchases.products.subarray(purchases.offsets[row], purchases.offsets[row + 1]);
    return [id, Array.from(bought, (product) => products[product])];
  }),
);

const rowOf = new Map(products.map((id, row) => [id, row]));
const theirLists: Lister = {
  async *recommendBlocks({ n, from, to }) {
    for (let customer = from; customer < to; customer++) {
      const list = (theirs.get(customers[customer]) ?? []).flatMap((id) => rowOf.get(id) ?? []);
      const rows = new Uint32Array(n).fill(noRow);
      rows.set(list.slice(0, n));
      yield { firstCustomer: customer, customers: 1, n, rows };
    }
  },
};

const recommender = createRecommender(await train(heldOut.train));
const { results, comparisons } = await measure(
  heldOut,
  [{ name: 'endcap', lists: recommender }, { name: 'theirs', lists: theirLists }, ...baselinesOf(heldOut).baselines],
  { questions: ['all'], ks: [10] },
);
await recommender.close();

for (const { contestant, metrics } of results)
  console.log(`${contestant}: recall@10 ${metrics.recall.mean.toFixed(3)}`);
for (const { against, metrics } of comparisons) console.log(`endcap against ${against}: ${metrics.recall.verdict}`);
