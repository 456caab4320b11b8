import { join } from 'node:path';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import type { Model } from '../../src/model/model.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { PurchasedFilter, Recommender } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import { sharedData } from '../support/skip.ts';
import { type Comparison, contest, type Row } from './contest.ts';
import { randomModel, readNumbers, writeNumbers, writePairs, zipfDataset } from './data.ts';
import { timeOf } from './measure.ts';
import { type Environment, startPeer } from './python.ts';

const n = 10;
const factors = 64;

interface Lists {
  rows: Int32Array | Uint32Array;
  scores: Float32Array;
}

async function listsOf(recommender: Recommender, purchased: PurchasedFilter): Promise<Lists> {
  const customers = recommender.model.customers.length;
  const lists = { rows: new Uint32Array(customers * n), scores: new Float32Array(customers * n) };
  for await (const { firstCustomer, rows, scores } of recommender.recommendBlocks({ n, purchased, diversity: 0 })) {
    lists.rows.set(rows, firstCustomer * n);
    lists.scores.set(scores, firstCustomer * n);
  }
  return lists;
}

/**
 * Lists agree if every place has the same product, or one whose score in 64 bits differs by less than 1e-4 of the score:
 * rounding decides which of the two comes first. Reported scores must be that close too.
 */
function compareLists({ customerFactors, productFactors }: Model, ours: Lists, theirs: Lists): Comparison {
  const scoreOf = (customer: number, product: number) => {
    let score = 0;
    for (let k = 0; k < factors; k++)
      score += customerFactors[customer * factors + k] * productFactors[product * factors + k];
    return score;
  };
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(a), Math.abs(b));
  let swapped = 0;
  let wrong = 0;
  for (let i = 0; i < ours.rows.length; i++) {
    const customer = Math.floor(i / n);
    if (!near(ours.scores[i], theirs.scores[i])) wrong++;
    else if (ours.rows[i] !== theirs.rows[i]) {
      if (near(scoreOf(customer, ours.rows[i]), scoreOf(customer, theirs.rows[i]))) swapped++;
      else wrong++;
    }
  }
  const text = `of ${ours.rows.length} places ${swapped} near-ties swapped, ${wrong} differ`;
  return { text, agrees: wrong === 0 };
}

interface Race {
  work: string;
  model: Model;
  folder: string;
  purchased: 'allow' | 'exclude';
  threads: number;
  rounds: number;
  rival: { name: string; command: string; blasThreads: number; aim?: number };
}

/** Times ours and a rival on the same factors, with both set up beforehand. */
async function race(
  environment: Environment,
  { work, model, folder, purchased, threads, rounds, rival }: Race,
): Promise<Row[]> {
  const { command, blasThreads } = rival;
  const save = join(folder, command);
  const customerFactors = join(folder, 'customers.f32');
  const productFactors = join(folder, 'products.f32');
  writePairs(folder, {
    products: model.products.length,
    offsets: model.purchases.offsets,
    rows: model.purchases.products,
  });
  writeNumbers(customerFactors, model.customerFactors);
  writeNumbers(productFactors, model.productFactors);
  const recommender = createRecommender(model, { threads });
  const peer = startPeer(environment, threads, blasThreads);
  const request = { folder, products: model.products.length, factors, n, customerFactors, productFactors, save };
  const run = async () => 1000 * (await peer.ask(command, request)).seconds;
  const ours = () =>
    timeOf(async () => {
      for await (const _ of recommender.recommendBlocks({ n, purchased, diversity: 0 }));
    });
  const compare = async () => {
    await run();
    const theirs = {
      rows: readNumbers(`${save}.rows`, Int32Array),
      scores: readNumbers(`${save}.scores`, Float32Array),
    };
    return compareLists(model, await listsOf(recommender, purchased), theirs);
  };
  try {
    return await contest(work, rounds, ours, [{ ...rival, run, compare }]);
  } finally {
    peer.close();
    await recommender.close();
  }
}

const implicit = { name: 'implicit', command: 'recommend_implicit', blasThreads: 1 };

/** Times lists for all customers, purchases excluded, from trained factors. */
export async function lists(environment: Environment, threads: number, folder: string): Promise<Row[]> {
  const model = await trained(zipfDataset(138_000, 20_000, 10_000_000), threads);
  const work = `top 10 for all, 138,000 x 20,000 x 64, purchased excluded, ${threads} threads`;
  const rival = { ...implicit, aim: 5 };
  const rows = await race(environment, { work, model, folder, purchased: 'exclude', threads, rounds: 3, rival });
  const { path, absent } = sharedData('online-retail.parquet');
  if (absent !== undefined) {
    console.error(`lists: ${absent}`);
    return rows;
  }
  const shop = await trained(await readOrders(path), threads);
  const real = `the same, Online Retail, ${shop.customers.length} x ${shop.products.length} x 64`;
  const more = { work: real, model: shop, folder, purchased: 'exclude', threads, rounds: 7, rival: implicit } as const;
  return [...rows, ...(await race(environment, more))];
}

/**
 * Trains a model without its ranking, returns, and what it never lists, so that it ranks all that was not bought by plain dot
 * products, as implicit does.
 */
async function trained(dataset: Dataset, threads: number): Promise<Model> {
  const { signals, unlisted, returned, metadata, ...model } = await fit(dataset, { factors, iterations: 3, threads });
  return { ...model, metadata: { ...metadata, ranking: undefined } };
}

/**
 * Times the products with the largest inner product, from factors drawn from N(0, 1). BLAS, on which faiss is built, gets
 * all threads.
 */
export async function nearest(environment: Environment, threads: number, folder: string): Promise<Row[]> {
  const all: Row[] = [];
  for (const [candidates, queries, rounds, aim] of [
    [20_000, 20_000, 5, 3],
    [1_000_000, 2000, 3, 4],
  ]) {
    const model = randomModel(zipfDataset(queries, candidates, queries), factors);
    const work = `top 10 of ${candidates.toLocaleString('en-US')} x 64 for ${queries.toLocaleString('en-US')}, ${threads} threads`;
    const rival = { name: 'faiss IndexFlatIP', command: 'search_faiss', blasThreads: threads, aim };
    all.push(...(await race(environment, { work, model, folder, purchased: 'allow', threads, rounds, rival })));
  }
  return all;
}
