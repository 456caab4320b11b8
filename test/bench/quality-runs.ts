/** One run of `npm run bench:quality`: a model and the baselines on one shop, kept customer by customer. */
import type { HeldOut } from '../../src/dataset/split.ts';
import { ablationsOf } from '../../src/evaluation/ablations.ts';
import { baselinesOf } from '../../src/measuring/baselines/baselines.ts';
import { add, meanOf, noSums } from '../../src/measuring/means.ts';
import { createMeasurement } from '../../src/measuring/measurement.ts';
import { holdOut } from '../../src/measuring/protocols/protocols.ts';
import type { EvaluationQuestion } from '../../src/measuring/questions.ts';
import { type Measure, metrics } from '../../src/measuring/results.ts';
import type { Model } from '../../src/model/model.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { defaultPurchased } from '../../src/recommending/filters.ts';
import type { AlsOptions } from '../../src/training/als-options.ts';
import { tune } from '../../src/tuning/search/tune.ts';
import { train } from '../../src/tuning/train.ts';
import type { Shop } from './quality-shops.ts';

/** Plain data, which `--json` writes and `--before` reads. */
export interface Run {
  shop: string;
  /** Of the training part. */
  fingerprint: string;
  options: Record<string, unknown>;
  /** To train the model, including what it picks. */
  training: { ms: number; cpuMs: number };
  scores: Scores[];
}

/** Recall and NDCG of one contestant's lists, by place in `customers`. */
export interface Scores {
  question: EvaluationQuestion;
  contestant: string;
  k: number;
  /** Rows of the customers with targets. */
  customers: number[];
  recall: number[];
  ndcg: number[];
}

/** The name of the model among the contestants. */
export const model = 'als';

/** Whether a contestant is the model without one of its parts. */
export const isAblation = (contestant: string) => contestant.startsWith('no-');

export interface RunOptions {
  baselines: boolean;
  /** Minutes of the tuner; without them no option is named. */
  minutes?: number;
  purchased?: 'allow' | 'exclude';
}

export async function run(shop: Shop, { baselines, minutes, purchased }: RunOptions): Promise<Run> {
  const { orders, protocol } = await shop.load();
  const { heldOut } = holdOut(orders, protocol);
  let options: AlsOptions = {};
  if (minutes !== undefined)
    ({ options } = await tune(heldOut.train, { minutes, purchased, lastDays: protocol.lastDays }));
  const started = performance.now();
  const cpu = process.cpuUsage();
  const trained = await train(heldOut.train, options);
  const { user, system } = process.cpuUsage(cpu);
  const training = { ms: performance.now() - started, cpuMs: (user + system) / 1000 };
  const recommender = createRecommender(trained);
  const removed = ablationsOf(recommender, {});
  const { scores, measurement } = createScores(shop.ks, Object.keys(shop.questions) as EvaluationQuestion[]);
  try {
    const others = baselines ? [...baselinesOf(heldOut).baselines, ...removed.ablations] : [];
    await measurement.add(heldOut, [{ name: model, lists: recommender }, ...others], defaultPurchased(trained));
  } finally {
    await removed.close();
    await recommender.close();
  }
  const { fingerprint } = heldOut.train;
  return { shop: shop.name, fingerprint, options: trained.metadata.options, training, scores };
}

/** Scores of the lists of a model alone. */
export async function scoresOfModel(
  trained: Model,
  heldOut: HeldOut,
  { ks, questions }: { ks: readonly number[]; questions: readonly EvaluationQuestion[] },
): Promise<Scores[]> {
  const { scores, measurement } = createScores(ks, questions);
  const recommender = createRecommender(trained);
  try {
    await measurement.add(heldOut, [{ name: model, lists: recommender }], defaultPurchased(trained));
  } finally {
    await recommender.close();
  }
  return scores;
}

/** A measurement, and what it finds. */
function createScores(ks: readonly number[], questions: readonly EvaluationQuestion[]) {
  const scores: Scores[] = [];
  const measurement = createMeasurement({
    ks,
    questions,
    onMeasured({ question, contestant, customers, values }) {
      for (const [i, k] of ks.entries()) {
        const of = (metric: 'recall' | 'ndcg') => {
          const first = i * metrics.length + metrics.indexOf(metric);
          const step = ks.length * metrics.length;
          return Array.from(customers, (_, place) => Number(values[first + place * step].toFixed(6)));
        };
        scores.push({
          ...{ question, contestant, k },
          customers: [...customers],
          recall: of('recall'),
          ndcg: of('ndcg'),
        });
      }
    },
  });
  return { scores, measurement };
}

export function scoresOf({ scores }: Run, question: EvaluationQuestion, k: number, contestant = model): Scores {
  const found = scores.find((one) => one.question === question && one.contestant === contestant && one.k === k);
  if (found) return found;
  throw new Error(`the run has no scores of ${contestant} for ${question} at ${k}`);
}

export function meanScore(scores: Scores, metric: 'recall' | 'ndcg'): Measure {
  const sums = noSums();
  for (const value of scores[metric]) add(sums, value);
  return meanOf(sums);
}

/** The mean of what each customer gains over the same customer elsewhere, and its standard error. */
export function gain(scores: Scores, over: Scores, metric: 'recall' | 'ndcg'): Measure {
  const { customers } = scores;
  if (customers.length !== over.customers.length || customers.some((row, i) => row !== over.customers[i]))
    throw new Error(`${scores.contestant} and ${over.contestant} were not measured on the same customers`);
  const sums = noSums();
  for (const [i, value] of scores[metric].entries()) add(sums, value - over[metric][i]);
  return meanOf(sums);
}
