import type { Model } from '../model/model.ts';
import type { Popularity } from '../ranking/popularity.ts';
import type { PairedProduct } from './bought-together.ts';
import { choose, poolFor, type Spread } from './diversity.ts';
import type { Explain } from './explain.ts';
import { type Filter, passes } from './filters.ts';
import type { Plan } from './plan.ts';
import type { Query, Ranked } from './scorer.ts';
import type { BoughtTogetherProduct, Recommendation, Recommendations, SimilarCustomer } from './types.ts';

/** Turns ranked rows into answers. */
export interface Answers {
  /**
   * Makes the planned list. Yields queries to score, each longer than the last one if full categories left the list short,
   * takes their ranked products, and returns the answer. The caller decides whether to wait for the scores.
   */
  listFor(plan: Plan): Generator<Query, Recommendations, Ranked[]>;
  /** Adds the product's id, and its name and category if the orders gave them. */
  toItem(ranked: Ranked): Recommendation;
  toBoughtTogether(paired: PairedProduct): BoughtTogetherProduct;
  toCustomer(ranked: Ranked): SimilarCustomer;
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
      const items = listed.map(toItem);
      if (plan.explain)
        for (const [i, explanation] of explain(items, plan).entries()) items[i].explanation = explanation;
      return { items, source };
    }
  }

  function spreadOut(ranked: Ranked[], n: number, spread: Spread): Ranked[] {
    const pool = { rows: ranked.map(({ row }) => row), scores: ranked.map(({ score }) => score) };
    return choose(pool, n, spread, productInfo, cosine).map((place) => ranked[place]);
  }

  // Fields are set one by one because spreading objects takes as long as scoring short lists does.
  function named<T extends { row: number; name?: string; category?: string }>(item: T): T {
    const { name, category } = productInfo[item.row];
    if (name) item.name = name;
    if (category) item.category = category;
    return item;
  }

  function toItem({ row, score }: Ranked): Recommendation {
    return named<Recommendation>({ product: products[row], row, score });
  }

  function toBoughtTogether({ row, lift, orders }: PairedProduct): BoughtTogetherProduct {
    return named<BoughtTogetherProduct>({ product: products[row], row, lift, orders });
  }

  function toCustomer({ row, score }: Ranked): SimilarCustomer {
    return { customer: customers[row], row, score };
  }

  return { listFor, toItem, toBoughtTogether, toCustomer };
}
