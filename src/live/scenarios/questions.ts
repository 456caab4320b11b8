import { invalidOption, objectOfOptions, onlyKnown, wholeNumber } from '../../options.ts';
import { maxRecommendations } from '../../recommending/filters.ts';
import type { Abortable, BasketOptions, BatchOptions, Recommender } from '../../recommending/types.ts';
import type { Catalogue, CatalogueFields } from '../catalogue/catalogue.ts';
import type { Columns } from '../conditions/columns.ts';
import { readCondition, settledCondition, wrong } from '../conditions/condition.ts';
import { fieldsMeet } from '../conditions/of-fields.ts';
import type { ShopIds } from '../shop-ids.ts';
import type {
  BatchScenario,
  ListedField,
  NewProductsOptions,
  ShopList,
  ShopListOptions,
  ShopQuestions,
} from '../types.ts';
import { optionsOfNew } from './compile.ts';
import { ofBatches, ofCustomers, ofProducts, resolved } from './resolve.ts';
import type { Scenarios } from './scenarios.ts';

/** What lists can say of products besides names and categories. */
const listedFields: readonly ListedField[] = ['price', 'url', 'imageUrl', 'attributes', 'available'];

interface Parts {
  /** What the shop says of products. */
  catalogue: Pick<Catalogue, 'fieldsOf' | 'listNewcomers'>;
  columns: Columns;
  ids: Pick<ShopIds, 'product'>;
  scenarios: Pick<Scenarios, 'current'>;
}

/** The scenario that lists what the model does not know: the same for everybody. */
const newScenario = 'new';

/** The recommender's questions about products, with what a shop adds to them. Without, they are the recommender's own. */
export function createQuestions(
  recommender: Recommender,
  { catalogue: { fieldsOf, listNewcomers }, columns, ids, scenarios }: Parts,
): ShopQuestions<ShopList> & { newProducts(options?: NewProductsOptions): Promise<ShopList> } {
  const { productInfo } = recommender.model;

  /** What the shop says, or else the orders. */
  const saidOr = (said: CatalogueFields | undefined, field: ListedField, row: number): unknown =>
    said?.[field] ?? (field === 'price' ? productInfo[row]?.price : undefined);

  function withFields<Item extends { product: string; row: number }>(
    items: readonly Item[],
    fields: readonly ListedField[],
  ): Item[] {
    return items.map((item) => {
      const said = fieldsOf(item.product);
      const listed: Item & Partial<Record<ListedField, unknown>> = { ...item };
      for (const field of fields) {
        const value = saidOr(said, field, item.row);
        if (value !== undefined) listed[field] = value as never;
      }
      return listed;
    });
  }

  const readFilter = (filter: unknown) => settledCondition(filter, 'filter', columns);

  /** The options in two parts: the recommender's, and the fields. */
  function apart<Options>(options: Options & ShopListOptions, takes: Parameters<typeof resolved>[2]) {
    objectOfOptions(options);
    const isNamed = options.scenario !== undefined || options.rules !== undefined;
    const { fields = [], ...plain } = isNamed
      ? resolved(scenarios.current(), options as ShopListOptions, takes, readFilter)
      : options;
    return { plain: plain as Options, fields: checkedFields(fields) };
  }

  /** Whether a shop has nothing to add; each copy of options would cost a tenth of the scoring. */
  const isPlain = (options: ShopListOptions | undefined) =>
    options?.fields === undefined && options?.scenario === undefined && options?.rules === undefined;

  function asking<Subject, Options, List>(
    ask: (subject: Subject, options?: Options) => Promise<List>,
    answer: (list: List, fields: readonly ListedField[]) => List,
    takes: Parameters<typeof resolved>[2],
    answerNew: (options: ShopListOptions) => List,
  ) {
    const askShop = async (subject: Subject, options: Options & ShopListOptions): Promise<List> => {
      if (options.scenario === newScenario) return answerNew(options);
      const { plain, fields } = apart(options, takes);
      return answer(await ask(subject, plain), fields);
    };
    return (subject: Subject, options?: Options & ShopListOptions): Promise<List> =>
      isPlain(options) ? ask(subject, options) : askShop(subject, options!);
  }

  function askingNow<Subject, Options, List>(
    ask: (subject: Subject, options?: Options) => List,
    answer: (list: List, fields: readonly ListedField[]) => List,
    takes: Parameters<typeof resolved>[2],
    answerNew: (options: ShopListOptions) => List,
  ) {
    return (subject: Subject, options?: Options & ShopListOptions): List => {
      if (isPlain(options)) return ask(subject, options);
      if (options!.scenario === newScenario) return answerNew(options!);
      const { plain, fields } = apart(options!, takes);
      return answer(ask(subject, plain), fields);
    };
  }

  /** The scenario `new`, whoever asks. */
  function ofNew(options: ShopListOptions): ShopList {
    const { signal: _, customer: __, ...others } = options as ShopListOptions & Abortable & BasketOptions;
    return newNow(others);
  }

  function newNow(given: ShopListOptions): ShopList {
    onlyKnown(given, ['scenario', 'allow', 'deny', ...optionsOfNew]);
    const asked = { ...given, scenario: newScenario } as ShopListOptions & NewProductsOptions;
    const { n = 10, allow, deny, filter, fields = [] } = resolved(scenarios.current(), asked, ofProducts, readFilter);
    wholeNumber('n', n, 1, maxRecommendations);
    const [allowed, denied] = [idsIn('allow', allow), idsIn('deny', deny)];
    const condition = filter && readCondition(filter, 'filter', columns);
    const passes = (product: string) =>
      (!allowed || allowed.has(product)) &&
      !denied?.has(product) &&
      (!condition || fieldsMeet(condition, fieldsOf(product) ?? {}));
    return { items: withFields(listNewcomers(n, passes), checkedFields(fields)), source: 'new' };
  }

  function idsIn(option: 'allow' | 'deny', given: unknown): ReadonlySet<string | undefined> | undefined {
    if (given === undefined) return undefined;
    if (!Array.isArray(given)) throw invalidOption(option, given, 'an array of product ids');
    return new Set(given.map(ids.product));
  }

  const inAnswer = <Answer extends { items: { product: string; row: number }[] }>(
    answer: Answer,
    fields: readonly ListedField[],
  ): Answer => ({ ...answer, items: withFields(answer.items, fields) });

  function refuse(why: string): never {
    const known = [...scenarios.current().scenarios.keys()].filter((name) => name !== newScenario);
    throw wrong('scenario', `one of ${known.join(', ')}; new is ${why}`);
  }

  const refuseNew = () => refuse('not about a product');

  /** The rules that are active at the start are those of the whole batch. */
  function ofBatch(options: BatchOptions & BatchScenario = {}): BatchOptions {
    objectOfOptions(options);
    if (options.scenario === undefined && options.rules === undefined) return options;
    if (options.scenario === newScenario) refuse('the same for everybody');
    return resolved(scenarios.current(), options, ofBatches, readFilter);
  }

  return {
    recommend: asking(recommender.recommend, inAnswer, ofCustomers, ofNew),
    recommendSync: askingNow(recommender.recommendSync, inAnswer, ofCustomers, ofNew),
    recommendForBasket: asking(recommender.recommendForBasket, inAnswer, ofCustomers, ofNew),
    recommendForBasketSync: askingNow(recommender.recommendForBasketSync, inAnswer, ofCustomers, ofNew),
    recommendBlocks: (options) => recommender.recommendBlocks(ofBatch(options)),
    recommendAll: (options) => recommender.recommendAll(ofBatch(options)),
    newProducts: async (options = {}) => newNow(options),
    similarProducts: asking(recommender.similarProducts, withFields, ofProducts, refuseNew),
    similarProductsSync: askingNow(recommender.similarProductsSync, withFields, ofProducts, refuseNew),
    boughtTogether: asking(recommender.boughtTogether, withFields, ofProducts, refuseNew),
    boughtTogetherSync: askingNow(recommender.boughtTogetherSync, withFields, ofProducts, refuseNew),
  };
}

function checkedFields(fields: unknown): readonly ListedField[] {
  const all: readonly unknown[] = listedFields;
  if (Array.isArray(fields) && fields.every((field) => all.includes(field))) return fields;
  throw invalidOption('fields', fields, `a list of ${listedFields.join(', ')}`);
}
