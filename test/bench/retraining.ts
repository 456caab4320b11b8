import { existsSync } from 'node:fs';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { linesWhere, withHistory } from '../../src/dataset/pairs.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { holdOut } from '../../src/measuring/protocols/protocols.ts';
import type { Model } from '../../src/model/model.ts';
import { fitOn } from '../../src/training/fit-on.ts';
import { optionsOf } from '../../src/training/model-options.ts';
import { refit } from '../../src/tuning/refit.ts';
import { train } from '../../src/tuning/train.ts';
import { finish } from '../../src/turns.ts';
import { sharedData } from '../support/skip.ts';
import { table } from './measure.ts';
import { gain, model as modelName, type Scores, scoresOfModel } from './quality-runs.ts';
import { shops } from './quality-shops.ts';

const measured = ['Online Retail, next order', 'Ta-Feng, next order'];
const questions = ['all', 'explore'] as const;

/**
 * What a training takes that begins with what a model of 5 % less orders has found, and what its lists lose to a training with a
 * search of its own: with the options and trees of that model, from random numbers or from its factors.
 */
export async function retraining(): Promise<void> {
  for (const shop of shops.filter(({ name }) => measured.includes(name))) {
    const { path, absent } = sharedData(shop.file);
    if (!existsSync(path)) {
      console.log(`skipped: ${shop.name} because ${absent}`);
      continue;
    }
    const { orders, protocol } = await shop.load();
    const { heldOut } = holdOut(orders, protocol);
    const before = await train(withoutNewest(heldOut.train));
    const ways: Record<string, () => Promise<Model>> = {
      'a search of its own': () => train(heldOut.train),
      'options and trees kept': () => fromNothing(heldOut.train, before),
      'going on from the factors, too': () => refit(heldOut.train, before),
    };
    const rows: string[][] = [];
    let best: Scores[] | undefined;
    for (const [way, work] of Object.entries(ways)) {
      const cpu = process.cpuUsage();
      const found = await work();
      const { user, system } = process.cpuUsage(cpu);
      const scores = await scoresOfModel(found, heldOut, { ks: [10], questions });
      best ??= scores;
      const losses = scores.map((one, i) =>
        (['recall', 'ndcg'] as const).map((metric) => {
          const { mean, standardError } = gain(one, best![i], metric);
          return `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(4)} ± ${(standardError ?? 0).toFixed(4)}`;
        }),
      );
      rows.push([way, `${((user + system) / 1e6).toFixed(1)} s`, ...losses.map((pair) => pair.join(' / '))]);
    }
    console.log(`\n${shop.name}: recall / NDCG@10 of ${modelName} over a search of its own`);
    console.log(table(['retraining with', 'processor time', ...questions], rows));
  }
}

/** What `refit` does, but for where it begins. */
async function fromNothing(orders: Dataset, before: Model): Promise<Model> {
  const { repeatTrees } = before.metadata;
  const kernel = openKernel({});
  try {
    return await fitOn(kernel, orders, optionsOf(before), { ...(repeatTrees && { repeatTrees }) }, before.repeatTrees);
  } finally {
    await kernel.close();
  }
}

/** The orders but for the newest 5 %; of orders without times, but for the last ones of some customers. */
function withoutNewest(dataset: Dataset): Dataset {
  const history = dataset.history!;
  const { offsets, times } = history;
  const share = 0.05;
  const end = times?.slice().sort()[Math.floor((1 - share) * times.length)];
  const step = Math.max(1, Math.round((offsets.length - 1) / (share * (history.starts.length - 1))));
  const isNew = (order: number, customer: number) =>
    times ? times[order] >= end! : customer % step === 0 && order === offsets[customer + 1] - 1;
  return finish(withHistory(dataset, finish(linesWhere(history, (_, order, customer) => !isNew(order, customer)))));
}
