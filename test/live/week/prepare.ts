/** The orders of the shop before the week, and the models that were trained on them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from '../../../src/model/file/file.ts';
import { type Random, shuffle } from '../../../src/random.ts';
import { endcap, type Ran } from '../../cli/run.ts';
import type { Clock } from '../../support/clock.ts';
import { bestsellers } from './experiments.ts';
import { csvOf, type Line } from './world.ts';

/** Runs `endcap` in the folder of the shop. */
export type Command = (...args: string[]) => Promise<Ran>;

/** In the folder of the shop. */
export const model = 'model.safetensors';
/**
 * In the folder above. In the second file, each order is said to be of somebody else, and what sells best to be what sells worst.
 */
export const orders = 'orders.csv';
export const shuffledOrders = 'shuffled.csv';
export const worseModel = 'worse.safetensors';

/** What sells best, and nothing else. */
const onlyTrend = 'taste=0,habit=0,trend=1,bought=0,repeat=0,neighbours=0';
const trainingOfBestsellers = ['--fast', '--factors', '8', '--iterations', '1', '--blend', onlyTrend];

/** A training takes less, however busy the machine is. */
const commandMs = 300_000;

export function commandIn(cwd: string, { env }: Pick<Clock, 'env'>): Command {
  return async (...args) => {
    const ran = await endcap(args, { cwd, env, timeoutMs: commandMs });
    if (ran.code === null) throw new Error(`not within ${commandMs} ms: endcap ${args.join(' ')}\n${ran.stderr}`);
    return ran;
  };
}

export async function writeOrders(folder: string, history: readonly Line[], random: Random): Promise<void> {
  await writeFile(join(folder, orders), csvOf(history));
  const customerOf = new Map(history.map(({ order, customer }) => [order, customer]));
  const others = [...customerOf.values()];
  shuffle(others, random);
  for (const [i, order] of [...customerOf.keys()].entries()) customerOf.set(order, others[i]);
  const products = [...new Set(history.map(({ product }) => product))].sort((a, b) => a.popularity - b.popularity);
  const productOf = new Map(products.map((product, i) => [product, products.at(-1 - i)!]));
  const wrong = history.map(({ order, product, time }): Line => {
    return { order, customer: customerOf.get(order)!, product: productOf.get(product)!, time };
  });
  await writeFile(join(folder, shuffledOrders), csvOf(wrong));
}

/** Trains the models. @returns the versions of the first one, and of that of best-sellers. */
export async function trainModels(cwd: string, command: Command, training: readonly string[]) {
  async function train(source: string, path: string, options: readonly string[]): Promise<string> {
    const { code, stderr } = await command('train', join('..', source), '-o', path, ...options);
    if (code !== 0) throw new Error(stderr);
    return (await loadModel(join(cwd, path))).metadata.version;
  }
  const first = await train(orders, model, training);
  await train(shuffledOrders, join('..', worseModel), training);
  return { first, bestsellers: await train(orders, bestsellers, trainingOfBestsellers) };
}
