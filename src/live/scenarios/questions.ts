import { invalidOption, objectOfOptions, oneOf, onlyKnown, wholeNumber } from '../../options.ts';
import { maxRecommendations } from '../../recommending/filters.ts';
import type { Abortable, BasketOptions, Recommender } from '../../recommending/types.ts';
import type { Catalogue } from '../catalogue.ts';
import type { ShopIds } from '../shop-ids.ts';
import type {
  ListedField,
  NewProductsOptions,
  Shop,
  ShopListOptions,
  ShopQuestions,
  ShopRecommendations,
} from '../types.ts';

/** What lists can say of products besides names and categories. */
export const listedFields: readonly ListedField[] = ['price', 'url', 'imageUrl', 'attributes', 'available'];

/**
 * The recommender's questions about products, with what a shop adds to them. Without, they are the recommender's own.
 *
 * @param catalogue what the shop says of products.
 */
export function createQuestions(
  recommender: Recommender,
  { fieldsOf, listNewcomers }: Pick<Catalogue, 'fieldsOf' | 'listNewcomers'>,
  ids: Pick<ShopIds, 'product'>,
): ShopQuestions & Pick<Shop, 'newProducts'> {
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

  /** A question whose scenario may be `new`, which has one answer for all. */
  function orNew<Subject, Options, Answer>(
    ask: (subject: Subject, options?: Options & ShopListOptions) => Answer,
    answerNew: (options: ShopListOptions) => Answer,
  ) {
    return (subject: Subject, options?: Options & ShopListOptions): Answer =>
      options?.scenario === undefined ? ask(subject, options) : answerNew(options);
  }

  function ofScenario(options: ShopListOptions): ShopRecommendations {
    const { scenario, signal: _, customer: __, ...others } = options as ShopListOptions & Abortable & BasketOptions;
    oneOf('scenario', String(scenario), ['new']);
    return newNow(others);
  }

  function newNow(options: NewProductsOptions = {}): ShopRecommendations {
    onlyKnown(options, ['n', 'allow', 'deny', 'fields']);
    const { n = 10, fields = [] } = options;
    wholeNumber('n', n, 1, maxRecommendations);
    const [allowed, denied] = [idsIn('allow', options.allow), idsIn('deny', options.deny)];
    const passes = (product: string) => (!allowed || allowed.has(product)) && !denied?.has(product);
    return { items: withFields(listNewcomers(n, passes), checkedFields(fields)), source: 'new' };
  }

  const ofScenarioLater = async (options: ShopListOptions) => ofScenario(options);

  function idsIn(option: 'allow' | 'deny', given: unknown): ReadonlySet<string | undefined> | undefined {
    if (given === undefined) return undefined;
    if (!Array.isArray(given)) throw invalidOption(option, given, 'an array of product ids');
    return new Set(given.map(ids.product));
  }

  const inAnswer = <Answer extends { items: { product: string }[] }>(
    answer: Answer,
    fields: readonly ListedField[],
  ): Answer => ({ ...answer, items: withFields(answer.items, fields) });

  return {
    recommend: orNew(asking(recommender.recommend, inAnswer), ofScenarioLater),
    recommendSync: orNew(askingNow(recommender.recommendSync, inAnswer), ofScenario),
    recommendForBasket: orNew(asking(recommender.recommendForBasket, inAnswer), ofScenarioLater),
    recommendForBasketSync: orNew(askingNow(recommender.recommendForBasketSync, inAnswer), ofScenario),
    newProducts: async (options) => newNow(options),
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
