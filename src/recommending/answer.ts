import { packedTextsOf, recurringTextAt } from '../dataset/texts/packed.ts';
import { noGroup } from '../kernel/operations/operations.ts';
import type { Model } from '../model/model.ts';
import { infoReaderOf, packedNamesOf } from '../model/texts.ts';
import type { Popularity } from '../ranking/popularity.ts';
import type { PairedProduct } from './bought-together.ts';
import type { Explain } from './explain.ts';
import { type Filter, passes } from './filters.ts';
import type { Categories } from './lists/categories.ts';
import type { Draw } from './lists/diversity.ts';
import type { Names } from './lists/shared-words.ts';
import type { Plan } from './plan.ts';
import type { Ranked } from './scoring/scorer.ts';
import type { BoughtTogetherProduct, Recommendation, Recommendations, SimilarCustomer } from './types.ts';

/** Turns ranked rows into answers. */
export interface Answers {
  /** The products that most orders hold, of those that pass. */
  mostPopular(filter: Filter, draw: Draw): Ranked[];
  /** The answer to a plan, whose list this is. */
  toAnswer(plan: Plan, list: readonly Ranked[]): Recommendations;
  /** Adds the product's id, and its name and category if the orders gave them. */
  toItem(ranked: Ranked): Recommendation;
  toBoughtTogether(paired: PairedProduct): BoughtTogetherProduct;
  toCustomer(ranked: Ranked): SimilarCustomer;
}

/** What products are called right now, by row; undefined if nobody says. */
export interface Descriptions {
  nameOf(row: number): string | undefined;
  categoryOf(row: number): string | undefined;
  /** Calls a product something else; what is undefined is as the model has it. */
  describe(row: number, name: string | undefined, category: string | undefined): void;
  /** All names, as they are now. */
  readonly names: Names;
}

// Columns, and objects that are written whole: V8 looks up the fields of objects that were made in many ways one by one,
// which takes as long as scoring a short list.
/** They are made a piece at a time. */
export function* descriptionsOf({ productInfo }: Pick<Model, 'productInfo'>): Generator<undefined, Descriptions> {
  const packed = packedNamesOf(productInfo);
  const info = infoReaderOf(productInfo);
  const { length } = info;
  /** What the shop says instead. */
  let names: (string | undefined)[] | undefined;
  let categories: typeof names;
  let nameIn = info.name;
  let categoryIn = info.category;
  if (packed) nameIn = recurringTextAt(packed);
  else {
    const own: { names: string[]; categories: string[] } = { names: [], categories: [] };
    for (let row = 0; row < length; row++) {
      if (row % productsOfPiece === 0) yield;
      own.names.push(info.name(row) ?? '');
      own.categories.push(info.category(row) ?? '');
    }
    nameIn = (row) => own.names[row];
    categoryIn = (row) => own.categories[row];
  }
  const nameOf = (row: number) => names?.[row] ?? (nameIn(row) || undefined);
  return {
    nameOf,
    categoryOf: (row) => categories?.[row] ?? (categoryIn(row) || undefined),
    describe(row, name, category) {
      // Mostly nothing is said.
      if (name !== undefined) names ??= new Array(length);
      if (category !== undefined) categories ??= new Array(length);
      if (names) names[row] = name;
      if (categories) categories[row] = category;
    },
    names: { length, at: nameOf, packed: () => (names ? undefined : packed) },
  };
}

const productsOfPiece = 2 ** 13;

export function createAnswers(
  { customers, products }: Model,
  { nameOf, categoryOf }: Descriptions,
  popularity: Popularity,
  explain: Explain,
  categoriesOfNow: () => Pick<Categories, 'groups'>,
): Answers {
  const packed = packedTextsOf(products);
  const productOf = packed ? recurringTextAt(packed) : (row: number) => products[row];

  function mostPopular(filter: Filter, { n, groupLimit }: Draw): Ranked[] {
    const { orders, ranking } = popularity;
    const { groups } = categoriesOfNow();
    const eligible = passes(filter);
    const listed = new Map<number, number>();
    const ranked: Ranked[] = [];
    for (const [place, row] of ranking.entries()) {
      if (ranked.length === n) break;
      if (!eligible(row)) continue;
      if (groupLimit > 0 && groups[row] !== noGroup) {
        const count = listed.get(groups[row]) ?? 0;
        if (count === groupLimit) continue;
        listed.set(groups[row], count + 1);
      }
      ranked.push({ row, score: orders[row], place });
    }
    return ranked;
  }

  function toAnswer(plan: Plan, list: readonly Ranked[]): Recommendations {
    const items = list.map(toItem);
    if (plan.explain) {
      const explanations = explain(list, plan);
      for (let i = 0; i < items.length; i++) items[i].explanation = explanations[i];
    }
    return { items, source: plan.source };
  }

  function toItem({ row, score }: Ranked): Recommendation {
    const product = productOf(row);
    const name = nameOf(row);
    const category = categoryOf(row);
    if (name !== undefined && category !== undefined) return { product, row, score, name, category };
    if (name !== undefined) return { product, row, score, name };
    if (category !== undefined) return { product, row, score, category };
    return { product, row, score };
  }

  function toBoughtTogether({ row, lift, orders }: PairedProduct): BoughtTogetherProduct {
    const { product, name, category } = toItem({ row, score: lift });
    return {
      product,
      row,
      lift,
      orders,
      ...(name !== undefined && { name }),
      ...(category !== undefined && { category }),
    };
  }

  function toCustomer({ row, score }: Ranked): SimilarCustomer {
    return { customer: customers[row], row, score };
  }

  return { mostPopular, toAnswer, toItem, toBoughtTogether, toCustomer };
}
