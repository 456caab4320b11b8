import { availableParallelism } from 'node:os';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import type { Model } from '../../src/model/model.ts';
import { type SampleOptions, sampleOrders } from '../../src/sample/sample.ts';
import type { TrainOptions } from '../../src/training/fit-on.ts';
import { train } from '../../src/tuning/train.ts';
import { onlineRetail } from '../support/shops.ts';
import { sharedData } from '../support/skip.ts';
import { duration, inTurn, median, ratios, table, times } from './measure.ts';

const rounds = 3;
const sample: SampleOptions = { lines: 1_000_000 };

/**
 * Measures `train` with its search for options against the training that those options give: with the trees that it tries
 * in either case, and without them.
 */
export async function search(): Promise<void> {
  const rows: string[][] = [];
  const { absent } = sharedData('online-retail.parquet');
  if (absent) console.log(`skipped: Online Retail because ${absent}`);
  else rows.push(...(await rowsOf('Online Retail', await onlineRetail())));
  rows.push(...(await rowsOf('1,000,000 lines of the sample', await readOrders(sampleOrders(sample)))));
  console.log(
    `\n${availableParallelism()} threads: training with the search for options, relative to the same with those options given`,
  );
  console.log(table(['shop', 'search', 'given', 'ratio', 'of processor time', 'same model'], rows));
}

async function rowsOf(shop: string, dataset: Dataset): Promise<string[][]> {
  const rows: string[][] = [];
  for (const trees of [true, false]) {
    const model = await train(dataset, { trees });
    const given = givenBy(model, trees);
    const versions = new Set<string>();
    const processor: Record<string, number[]> = { search: [], given: [] };
    const timed = (name: string, options: TrainOptions) => async () => {
      const [started, cpu] = [performance.now(), process.cpuUsage()];
      versions.add((await train(dataset, options)).metadata.version);
      const { user, system } = process.cpuUsage(cpu);
      processor[name].push(user + system);
      return performance.now() - started;
    };
    const figures = await inTurn({ search: timed('search', { trees }), given: timed('given', given) }, rounds);
    const [own, other] = [figures.get('search')!, figures.get('given')!];
    rows.push([
      `${shop}${trees ? '' : ', no trees'}`,
      duration(median(own)),
      duration(median(other)),
      ratios(own, other, times),
      ratios(processor.search, processor.given, times),
      versions.size === 1 ? 'yes' : 'no',
    ]);
  }
  return rows;
}

/** The options that a search picked. */
function givenBy({ metadata }: Model, trees: boolean): TrainOptions {
  const { factors, regularization, unobservedWeight, tasteDecay } = metadata.options as Record<string, number>;
  const { decay, windowDays, easeRegularization, ...blend } = metadata.ranking!;
  return { factors, regularization, unobservedWeight, tasteDecay, windowDays, decay, easeRegularization, blend, trees };
}
