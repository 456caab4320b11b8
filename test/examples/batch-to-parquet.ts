/**
 * Lists for every customer, as one Parquet file with the columns customer, rank, product, and score.
 *
 *     node --import tsx test/examples/batch-to-parquet.ts [lists.parquet]
 */
import { createRecommender, noRow, readOrders, sampleOrders, train } from 'endcap';
import { parquetWriteFile } from 'hyparquet-writer';

const filename = process.argv[2] ?? 'lists.parquet';
const model = await train(await readOrders(sampleOrders({ lines: 2000 })));
const recommender = createRecommender(model);

const customers: string[] = [];
const ranks: number[] = [];
const products: string[] = [];
const scores: number[] = [];
// Blocks hold product rows and scores in typed arrays. `recommendAll` gives the same as objects, which takes longer.
for await (const block of recommender.recommendBlocks({ n: 10, purchased: 'exclude' })) {
  for (let c = 0; c < block.customers; c++) {
    for (let place = 0; place < block.n; place++) {
      const row = block.rows[c * block.n + place];
      if (row === noRow) break;
      customers.push(model.customers[block.firstCustomer + c]);
      ranks.push(place + 1);
      products.push(model.products[row]);
      scores.push(block.scores[c * block.n + place]);
    }
  }
}
await recommender.close();

parquetWriteFile({
  filename,
  columnData: [
    { name: 'customer', data: customers, type: 'STRING' },
    { name: 'rank', data: ranks, type: 'INT32' },
    { name: 'product', data: products, type: 'STRING' },
    { name: 'score', data: scores, type: 'FLOAT' },
  ],
});
console.log(`${filename}: ${customers.length} rows for ${model.customers.length} customers`);
