import { invalidOption, objectOfOptions } from '../../options.ts';
import type { Recommender } from '../../recommending/types.ts';
import type { CatalogueFields } from '../catalogue.ts';
import type { ListedField, ShopListOptions, ShopQuestions } from '../types.ts';

/** What lists can say of products besides names and categories. */
export const listedFields: readonly ListedField[] = ['price', 'url', 'imageUrl', 'attributes', 'available'];

/**
 * The recommender's questions about products, with what a shop adds to them. Without, they are the recommender's own.
 *
 * @param fieldsOf what the catalogue says of a product.
 */
export function createQuestions(
  recommender: Recommender,
  fieldsOf: (product: string) => CatalogueFields | undefined,
): ShopQuestions {
  function withFields<Item extends { product: string }>(
    items: readonly Item[],
    fields: readonly ListedField[],
  ): Item[] {
    return items.map((item) => {
      const said = fieldsOf(item.product);
      const listed: Item & Partial<Record<ListedField, unknown>> = { ...item };
      for (const field of fields) if (said?.[field] !== undefined) listed[field] = said[field] as never;
      return listed;
    });
  }

  /** The options in two parts: the recommender's, and the shop's. */
  function apart<Options>(options: Options & ShopListOptions) {
    objectOfOptions(options);
    const { fields = [], ...plain } = options;
    return { plain: plain as Options, fields: checkedFields(fields) };
  }

  /** A question with what the shop adds; if that is nothing, each copy would cost a tenth of the scoring. */
  function asking<Subject, Options, List>(
    ask: (subject: Subject, options?: Options) => Promise<List>,
    answer: (list: List, fields: readonly ListedField[]) => List,
  ) {
    const askShop = async (subject: Subject, options: Options & ShopListOptions): Promise<List> => {
      const { plain, fields } = apart(options);
      return answer(await ask(subject, plain), fields);
    };
    return (subject: Subject, options?: Options & ShopListOptions): Promise<List> =>
      options?.fields === undefined ? ask(subject, options) : askShop(subject, options);
  }

  function askingNow<Subject, Options, List>(
    ask: (subject: Subject, options?: Options) => List,
    answer: (list: List, fields: readonly ListedField[]) => List,
  ) {
    return (subject: Subject, options?: Options & ShopListOptions): List => {
      if (options?.fields === undefined) return ask(subject, options);
      const { plain, fields } = apart(options);
      return answer(ask(subject, plain), fields);
    };
  }

  const inAnswer = <Answer extends { items: { product: string }[] }>(
    answer: Answer,
    fields: readonly ListedField[],
  ): Answer => ({ ...answer, items: withFields(answer.items, fields) });

  return {
    recommend: asking(recommender.recommend, inAnswer),
    recommendSync: askingNow(recommender.recommendSync, inAnswer),
    recommendForBasket: asking(recommender.recommendForBasket, inAnswer),
    recommendForBasketSync: askingNow(recommender.recommendForBasketSync, inAnswer),
    similarProducts: asking(recommender.similarProducts, withFields),
    similarProductsSync: askingNow(recommender.similarProductsSync, withFields),
    boughtTogether: asking(recommender.boughtTogether, withFields),
    boughtTogetherSync: askingNow(recommender.boughtTogetherSync, withFields),
  };
}

function checkedFields(fields: unknown): readonly ListedField[] {
  const all: readonly unknown[] = listedFields;
  if (Array.isArray(fields) && fields.every((field) => all.includes(field))) return fields;
  throw invalidOption('fields', fields, `a list of ${listedFields.join(', ')}`);
}
