/**
 * What a user of the library writes for the whole path: `whole.mjs <orders.csv> <lists.parquet> <threads>` does in one process
 * what `endcap train` and `endcap batch` do in two with a file between them. Plain JavaScript, so that nothing compiles it.
 */
import { openBatchWriter } from '../../dist/cli/lists/formats.js';
import { replaceFile } from '../../dist/files.js';
import { createRecommender, readOrders, train } from '../../dist/index.js';

const [orders, lists, threadsText] = process.argv.slice(2);
const threads = Number(threadsText);
const options = { factors: 128, iterations: 10, fast: true, trees: false, together: 0, threads };
const model = await train(await readOrders(orders), options);
const recommender = createRecommender(model, { threads });
await replaceFile(lists, async (append) => {
  const writer = await openBatchWriter('parquet', model, append);
  for await (const block of recommender.recommendBlocks({ n: 10, purchased: 'exclude', diversity: 0 }))
    await writer.write(block);
  await writer.end();
});
await recommender.close();
