import type { KernelOptions } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import type {
  Abortable,
  BasketLine,
  BasketOptions,
  BatchOptions,
  BoughtTogetherProduct,
  ListOptions,
  Recommendation,
  Recommendations,
  Recommender,
  RecommendOptions,
} from '../recommending/types.ts';
import type { AttributionOptions } from './attribution/attribution.ts';
import type { AttributionReport } from './attribution/report.ts';
import type { CatalogueChange, CatalogueFields, CatalogueProduct, CatalogueReceipt } from './catalogue/catalogue.ts';
import type { ReloadOptions } from './catalogue-file/load.ts';
import type { ShopExperiments } from './experiments/reports.ts';
import type { ShopLooking } from './looking.ts';
import type { ShopPurchase } from './purchases/purchases.ts';
import type { ScheduledRetraining } from './retraining/retraining.ts';
import type { ShopRetraining } from './retraining/shop-retraining.ts';
import type { ScenarioSettings } from './scenarios/settings.ts';
import type { ErasedCustomer, PurchaseReceipt, ReloadReport, ShopStatus } from './shop-answers.ts';
import type { ListKind, ShopStore } from './store/store.ts';
import type { ModelChange, ModelSwap } from './swapping/swapping.ts';

export interface ShopOptions extends KernelOptions {
  /**
   * A model, or the path of its file, which is looked at once a minute: another model in it answers then, as by `Shop.reload`. Ids and
   * names of a file of 32 MiB or more stay bytes: in `Shop.model` they are arrays that cannot be written, and that `structuredClone`
   * refuses; an item is made each time that it is asked for, so take what is needed often out of them.
   */
  model: Model | string;
  /**
   * Where purchases, the catalogue, and erasures are kept: the path of a SQLite file, which is made if it does not exist, the
   * address of a Postgres database (`postgres://...`), or a store of your own, which the shop does not close. Without one, the
   * catalogue is in memory, and there are no purchases.
   */
  store?: string | ShopStore;
  /**
   * Purchases that are older, in days, are removed from the store at the start and once a day, from 1 to 36,500; kept for ever
   * by default. They count no longer in lists, unless the model was trained on them.
   */
  keepDays?: number;
  /**
   * How many days lists that were shown to customers are kept in the store, so that purchases can be attributed to them: from
   * 0, which keeps none, to 365; 30 by default where the store keeps lists. A purchase follows a list of at most so many days
   * before. Lists wait in memory for a second before they are written; if 20,000 wait, further ones are not kept.
   */
  attributionDays?: number;
  /**
   * The path of a product file, such as the product export of a shop platform: CSV, TSV, JSON, or JSON lines. It is the whole
   * catalogue: a product of the model that it does not have is not listed. It is read at the start, and by `Shop.reload`.
   */
  catalogue?: string;
  /** As for `Shop.reload`, at the start. */
  acceptLoss?: boolean;
  /**
   * Scenarios, rules, and experiments, or the path of a JSON file of them. They are fixed then: what the store has does not count, and
   * `putScenarios` is refused. See there for what they hold; in JSON, names are `per_category`, `image_url`, and `product_id`.
   */
  scenarios?: ScenarioSettings | string;
  /** Called when another model answers, and when one is refused, whoever asked for it. */
  onModel?: (change: ModelChange) => void;
  /** When new models are trained, and on what, if they are: as `Shop.retrain` does it, with a schedule. */
  retrain?: ScheduledRetraining;
}

/** What lists can say of products besides names and categories, as far as the catalogue says it. */
export type ListedField = 'price' | 'url' | 'imageUrl' | 'attributes' | 'available';

/** What the lists of a shop take besides the options of a recommender's. */
export interface ShopListOptions {
  /** Fields of the catalogue that the products of the list have, where the shop says them; none by default. */
  fields?: readonly ListedField[];
  /**
   * The name of a scenario, which says what these options do not: `home` has at least three products that are new to the
   * customer, `buy-again` only those that they bought, `cart` nothing of its own, and `new` lists what `newProducts` lists,
   * whoever asks. A shop may have others, and may redefine these: see `putScenarios`. Of a product's lists, scenarios say the
   * length, the filter, and the fields.
   */
  scenario?: string;
  /** Names of rules that the list keeps to, besides those of its scenario; at most 20. */
  rules?: readonly string[];
}

/** Options of `newProducts`. */
export type NewProductsOptions = Pick<ListOptions, 'n' | 'allow' | 'deny' | 'filter'> &
  Pick<ShopListOptions, 'fields' | 'rules'>;

type Fields = Pick<CatalogueFields, ListedField>;
/** A list of a shop, whose products have the `fields` that were asked for. Its source is `new` for new products. */
export interface ShopList extends Recommendations {
  items: (Recommendation & Fields)[];
  /** The experiment that the list is part of, and the arm of the customer; absent if it is part of none. */
  experiment?: { readonly name: string; readonly arm: string };
  /** The version of the model that made the list, if the arm has a model of its own. */
  model?: string;
}
/** The same with its id, by which a purchase can name it: at most 24 letters, digits, `-`, and `_`. See `parseRecommendationId`. */
export interface ShopRecommendations extends ShopList {
  recommendationId: string;
}

/** A list of products that is shown to somebody. */
export interface ProductsShown {
  kind: ListKind;
  /** To whom; without one, the list has an id and is not kept. */
  customer?: string | number;
  /** Best first, as `similarProducts` and `boughtTogether` return them. */
  items: readonly { readonly product: string }[];
  /** The scenario that was asked for. */
  scenario?: string;
}

/** What batches of a shop take of `ShopListOptions`: of a scenario all but `fields` and `explain`. */
export type BatchScenario = Pick<ShopListOptions, 'scenario' | 'rules'>;

/** The questions of a recommender whose answers a shop may add to. */
export interface ShopQuestions<List extends ShopList = ShopRecommendations> {
  recommend(customerId: string | number, options?: RecommendOptions & ShopListOptions & Abortable): Promise<List>;
  recommendSync(customerId: string | number, options?: RecommendOptions & ShopListOptions): List;
  recommendForBasket(
    lines: readonly BasketLine[],
    options?: BasketOptions & ShopListOptions & Abortable,
  ): Promise<List>;
  recommendForBasketSync(lines: readonly BasketLine[], options?: BasketOptions & ShopListOptions): List;
  similarProducts(
    productId: string | number,
    options?: ListOptions & ShopListOptions & Abortable,
  ): Promise<ShopList['items']>;
  similarProductsSync(productId: string | number, options?: ListOptions & ShopListOptions): ShopList['items'];
  boughtTogether(
    productId: string | number,
    options?: ListOptions & ShopListOptions,
  ): Promise<(BoughtTogetherProduct & Fields)[]>;
  boughtTogetherSync(
    productId: string | number,
    options?: ListOptions & ShopListOptions,
  ): (BoughtTogetherProduct & Fields)[];
  recommendBlocks(options?: BatchOptions & BatchScenario): ReturnType<Recommender['recommendBlocks']>;
  recommendAll(options?: BatchOptions & BatchScenario): ReturnType<Recommender['recommendAll']>;
}

/**
 * A running shop: a recommender whose lists follow what the shop says. What is written is on disk when the promise resolves,
 * and counts in the next list.
 *
 * The forms that end in `Sync` throw `invalid_options` if the store has to be asked what a customer bought.
 */
export interface Shop
  extends Omit<Recommender, keyof ShopQuestions>,
    ShopQuestions,
    ShopRetraining,
    ShopExperiments,
    ShopLooking {
  /**
   * Writes what is known of up to 1,000 products, in place of what was known before.
   *
   * @throws `invalid_options` that names the product and the field; `store_failed`.
   *
   * @example
   * await shop.putProducts([{ product: 'A1', available: false }]); // in no list from now on
   */
  putProducts(products: readonly CatalogueProduct[]): Promise<CatalogueReceipt>;
  /** Changes single fields of up to 1,000 products; null removes one. Throws the same. */
  patchProducts(products: readonly CatalogueChange[]): Promise<CatalogueReceipt>;

  /**
   * Reads the files again. Another model in the model's file answers from then on; see `useModel`. Of the product file, what
   * changed since it was read last is written; what was said of a product since then stays until its lines change. What the
   * file no longer has is not listed. One reload runs at a time, and one file that is wrong leaves the others alone.
   *
   * @param options `acceptLoss` takes a product file that would leave fewer than half of the products that are listed, and a
   * model that knows fewer than half of the products or customers of the one that answers, or that finds less of the newest
   * purchases, which neither has seen.
   *
   * @throws `model_unreadable`, or `model_lost` or `model_worse` without `acceptLoss`: the model before answers on;
   * `catalogue_unreadable`, or `catalogue_lost` without `acceptLoss`: the catalogue is as it was; `store_failed`: what is missing
   * is written when the file is read again; `invalid_options` if there is no file.
   *
   * @example
   * const { model, catalogue } = await shop.reload();
   * console.log(model?.version, catalogue?.changed, catalogue?.notInFile);
   */
  reload(options?: ReloadOptions): Promise<ReloadReport>;

  /**
   * Lets another model answer, once all that the store has counts in its lists. Until then the one before answers, and what it
   * was asked it answers to the end: `model`, `kernel`, and rows are those of the next question. Nothing that is written
   * meanwhile is lost. It takes the memory of two models for that time.
   *
   * @param model a model, or the path of its file, which is then the one that `reload` reads and that erasures are taken out of.
   * @param options `acceptLoss`, as for `reload`.
   *
   * @throws what `createShop` throws of a model; `model_lost` and `model_worse`, as `reload` does. The model before answers on.
   *
   * @example
   * const model = await train(await readOrders('orders.csv'));
   * await saveModel(model, 'model.safetensors'); // for the next start
   * await shop.useModel(model);
   */
  useModel(model: Model | string, options?: ReloadOptions): Promise<ModelSwap>;

  /**
   * Records up to 1,000 lines of orders, all or none. Lines of one order may come in several calls, and orders in any order.
   * Without a key, an order has each product once: the same line again is a duplicate.
   *
   * @param options `key` names the call, so that it can be made again if there was no answer.
   *
   * @throws `invalid_options` that names the place, such as `purchases[3].quantity`, or that there is no store; `conflict` if
   * the key or the line was used for something else, or the order is another customer's; `store_busy`; `store_failed`.
   *
   * @example
   * await shop.recordPurchases([{ customer: '10276', order: 'w1', product: 'A1', quantity: 2 }]);
   */
  recordPurchases(purchases: readonly ShopPurchase[], options?: { key?: string }): Promise<PurchaseReceipt>;

  /**
   * Removes a customer from the store, from lists, and from the model: to the shop they are a stranger from now on. If it was
   * opened with the path of a model, the file is written again without them, which is tried until it works. A model that was
   * given as an object is as it was.
   *
   * @throws `invalid_options` if there is no store; `store_failed`.
   */
  eraseCustomer(customer: string | number): Promise<ErasedCustomer>;

  /**
   * Lists the products of the catalogue that are available and that the model does not know, so that no other list holds
   * them: newest first, by the time at which the shop first said them, which is their `score` in milliseconds since 1970
   * UTC. They have no row in the model (`noRow`). The list is made of the 10,000 newest, and as short as they are few.
   *
   * @throws `invalid_options`
   *
   * @example
   * const { items } = await shop.newProducts({ n: 5, fields: ['price'] });
   */
  newProducts(options?: NewProductsOptions): Promise<ShopRecommendations>;

  /**
   * Says that a list of products was shown to a customer, and returns its id. Lists for customers and baskets have one and need
   * not be said; those that `similarProducts` and `boughtTogether` return are bare, since few of them are shown.
   *
   * @throws `invalid_options`
   *
   * @example
   * const items = await shop.similarProducts('A1');
   * const recommendationId = shop.recordShown({ kind: 'similar', customer: '10276', items });
   */
  recordShown(list: ProductsShown): string;
  /**
   * How often lists lead to purchases, in all and by kind, scenario, source, and model. A product of an order followed the
   * list of the same customer that the purchase names, or else the latest that held the product, shown at most
   * `attributionDays` before. It reads all lists that are kept, a page at a time; the same report is given for a minute.
   *
   * @throws `invalid_options` if lists are not kept; `store_busy` while a report of other days is made; `store_failed`.
   *
   * @example
   * const { total, byScenario } = await shop.attribution({ days: 7 });
   * console.log(total.lists, total.rate, total.interval, byScenario.home?.revenue);
   */
  attribution(options?: AttributionOptions): Promise<AttributionReport>;

  /** The scenarios, rules, and experiments that lists are made by right now. */
  scenarios(): Required<ScenarioSettings>;
  /**
   * Keeps scenarios, rules, and experiments in place of those before, in the store if there is one.
   *
   * @throws `invalid_options` that names the place, such as `scenarios.home.filter.and[0].field`, or the arm whose model
   * cannot be opened; `conflict` if they were given to `createShop`; `store_failed`.
   *
   * @example
   * await shop.putScenarios({
   *   scenarios: { home: { n: 12, mix: 4, perCategory: 2, fields: ['price'], rules: ['summer'] } },
   *   rules: { summer: { filter: { not: { field: 'category', equals: 'Winter' } }, from: '2026-06-01T00:00:00Z' } },
   * });
   * await shop.recommend('10276', { scenario: 'home' });
   */
  putScenarios(settings: ScenarioSettings): Promise<void>;

  status(): ShopStatus;
}

/** A shop as servers use it. Of a worker's, another thread knows the status. */
export interface ServingShop extends Omit<Shop, 'status'> {
  status(): ShopStatus | Promise<ShopStatus>;
}
