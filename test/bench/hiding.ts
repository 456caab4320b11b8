import { createColumns } from '../../src/live/conditions/columns.ts';
import { createSelect } from '../../src/live/conditions/select.ts';
import { openServed } from '../../src/recommending/create.ts';
import type { Condition } from '../../src/recommending/serving/options.ts';
import { randomModel, zipfDataset } from './data.ts';
import { fast } from './limits.ts';
import { duration, inTurn, median, ratios, table } from './measure.ts';

const n = 10;
const factors = 64;
const [products, customers] = [1_000_000, 60];

/** What passes, by the share of the products that does. Prices are from 0 to 999, spread over all products and categories. */
const filters: Record<string, Condition> = {
  '90 %': { field: 'price', max: 899 },
  '50 %': { and: [{ field: 'price', min: 100 }, { not: { field: 'price', min: 600 } }] },
  '10 %': {
    and: [
      { field: 'category', in: ['C1', 'C2'] },
      { field: 'price', min: 500 },
    ],
  },
  '4 %': { field: 'price', max: 39 },
  '2 %': { field: 'price', max: 19 },
  '0.1 %': { field: 'price', equals: 7 },
};

/**
 * What it costs that products may not be listed: the processor time of lists of which half of the products are hidden, of lists
 * with ids denied, and of lists with a filter or boosts that were asked for before, against lists of all products; and what
 * finding the products of a filter takes. One thread, one list at a time.
 */
export async function hiding(): Promise<void> {
  const model = randomModel(zipfDataset(customers, products, 20 * customers), factors);
  const columns = createColumns(model, (row) => model.productInfo[row].name);
  for (let row = 0; row < products; row++)
    columns.set(row, { price: (row * 7919) % 1000, category: `C${Math.floor(row / 1000) % 10}` });
  const select = createSelect(columns, { productRow: () => undefined });
  const rows: string[][] = [];
  for (const backend of fast) {
    const open = () => openServed(model, false, { ...backend.options, threads: 1 }, { ...nobody, select });
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
    const found = Object.entries(filters).map(([share, filter]) => [share, cpuOf(0, { filter })] as const);
    const boosted = (boosts: number) => ({
      boost: [
        { field: 'price', max: 499 },
        { field: 'category', in: ['C1', 'C2'] },
        { field: 'price', max: 39 },
      ]
        .slice(0, boosts)
        .map((filter) => ({ filter, by: 0.5 })),
    });
    found.push(['1 boost', cpuOf(0, boosted(1))], ['3 boosts', cpuOf(0, boosted(3))]);
    const contestants = {
      ...{ all: cpuOf(0, {}), 'half hidden': cpuOf(1, {}), '1,000 denied': cpuOf(1, { deny }) },
      ...Object.fromEntries(found),
    };
    const firsts = new Map(found.map(([share, cpu]) => [share, cpu()]));
    await inTurn(contestants, 3);
    const figures = await inTurn(contestants, 40);
    const all = figures.get('all')!;
    for (const [name, each] of figures) {
      const first = firsts.get(name);
      const finding = first === undefined ? '' : duration(Math.max(0, first - median(each)));
      rows.push([`${backend.name}, ${name}`, duration(median(each)), name === 'all' ? '' : ratios(each, all), finding]);
    }
    for (const { recommender } of shops) await recommender.close();
  }
  console.log(`\nTop ${n} of ${products} products by how many pass or are lifted, one list at a time; processor time`);
  console.log(table(['kernel, what passes', 'list', 'of a list of all', 'finding it once'], rows));
}

const nobody = { served: () => undefined, isChanged: () => false };
