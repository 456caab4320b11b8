import type { ProductInfo } from '../dataset/dataset.ts';
import type { Model } from '../model/model.ts';
import type { Popularity } from '../ranking/popularity.ts';
import { choose, poolFor, type Spread } from './diversity.ts';
import type { Explain } from './explain.ts';
import { type Filter, passes } from './filters.ts';
import type { Plan } from './plan.ts';
import type { Query, Ranked } from './scorer.ts';
import type { Recommendations, SimilarCustomer } from './types.ts';

/** A row with what the answer says of it, as a product. */
export type Item<Found> = Found & { product: string } & ProductInfo;

/** Turns ranked rows into answers. */
export interface Answers {
  /**
   * Makes the planned list. Yields queries to score, each longer than the last one if full categories left the list short,
   * takes their ranked products, and returns the answer. The caller decides whether to wait for the scores.
   */
  listFor(plan: Plan): Generator<Query, Recommendations, Ranked[]>;
  /** Adds the product's id, and its name and category if the orders gave them. */
  toItem<Found extends { row: number }>(found: Found): Item<Found>;
  toCustomer(found: Ranked): SimilarCustomer;
}

/** @param cosine of two products' factors. */
export function createAnswers(
  { customers, products, productInfo }: Model,
  popularity: Popularity,
  explain: Explain,
  cosine: (one: number, other: number) => number,
): Answers {
  function mostPopular(filter: Filter, n: number): Ranked[] {
    const { orders, ranking } = popularity;
    const eligible = passes(filter);
    const ranked: Ranked[] = [];
    for (const row of ranking) {
      if (ranked.length === n) break;
      if (eligible(row)) ranked.push({ row, score: orders[row] });
    }
    return ranked;
  }

  function* listFor(plan: Plan): Generator<Query, Recommendations, Ranked[]> {
    const { filter, query, source } = plan;
    const { n, spread } = filter;
    for (let pool = spread ? poolFor(n, spread) : n; ; pool *= 4) {
      const ranked = query ? yield { ...query, n: pool } : mostPopular(filter, pool);
      const listed = spread ? spreadOut(ranked, n, spread) : ranked;
      if (listed.length < n && ranked.length === pool) continue;
      const items = listed.map((found) => toItem(found));
      if (!plan.explain) return { items, source };
      return { items: items.map((item) => ({ ...item, explanation: explain(item, plan) })), source };
    }
  }

  function spreadOut(ranked: Ranked[], n: number, spread: Spread): Ranked[] {
    const pool = { rows: ranked.map(({ row }) => row), scores: ranked.map(({ score }) => score) };
    return choose(pool, n, spread, productInfo, cosine).map((place) => ranked[place]);
  }

  function toItem<Found extends { row: number }>(found: Found): Item<Found> {
    const { name, category } = productInfo[found.row];
    return { product: products[found.row], ...found, ...(name && { name }), ...(category && { category }) };
  }

  return { listFor, toItem, toCustomer: ({ row, score }) => ({ customer: customers[row], row, score }) };
}
