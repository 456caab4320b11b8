import { openServed } from '../../src/recommending/create.ts';
import { randomModel, zipfDataset } from './data.ts';
import { fast } from './limits.ts';
import { duration, inTurn, median, ratios, table } from './measure.ts';

const n = 10;
const factors = 64;
const [products, customers] = [1_000_000, 60];

/**
 * What it costs that products may not be listed: the processor time of lists of which half of the products are hidden, and of
 * lists with a filter of their own besides, against lists of all products. One thread, one list at a time.
 */
export async function hiding(): Promise<void> {
  const model = randomModel(zipfDataset(customers, products, 20 * customers), factors);
  const rows: string[][] = [];
  for (const backend of fast) {
    const open = () => openServed(model, false, { ...backend.options, threads: 1 });
    const shops = [await open(), await open()];
    for (let row = 0; row < products; row += 2) shops[1].controls.list(row, false);
    const deny = model.products.filter((_, row) => row % 1000 === 1);
    let next = 0;
    const cpuOf = (shop: number, options: object) => () => {
      const customer = model.customers[next++ % customers];
      const before = process.cpuUsage();
      shops[shop].recommender.recommendSync(customer, { n, ...options });
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const contestants = { all: cpuOf(0, {}), hidden: cpuOf(1, {}), denied: cpuOf(1, { deny }) };
    await inTurn(contestants, 3);
    const figures = await inTurn(contestants, 40);
    const [all, hidden, denied] = ['all', 'hidden', 'denied'].map((name) => figures.get(name)!);
    rows.push([
      backend.name,
      duration(median(all)),
      duration(median(hidden)),
      ratios(hidden, all),
      ratios(denied, all),
    ]);
    for (const { recommender } of shops) await recommender.close();
  }
  console.log(
    `\nTop ${n} of ${products} products, half of them hidden, and 1,000 more denied by the request; processor time`,
  );
  console.log(table(['kernel', 'all', 'half hidden', 'ratio', 'with a filter'], rows));
}
