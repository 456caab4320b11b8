import { throwIfAborted } from '../errors.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { refuse, viewModel } from '../model/check.ts';
import type { Model } from '../model/model.ts';
import { mayQuote, withoutRecords } from '../model/without.ts';
import { type OpenModel, openModel } from '../recommending/create.ts';
import type { ServedControls } from '../recommending/serving/served.ts';
import { setShareable, shareableOf } from '../recommending/serving/shareable.ts';
import type { Recommender } from '../recommending/types.ts';
import { inTurns, type Pace } from '../turns.ts';
import type { Shown } from './attribution/with-ids.ts';
import { type Catalogue, createCatalogue } from './catalogue/catalogue.ts';
import type { CatalogueEntries } from './catalogue/entries.ts';
import { type Columns, columnsIn } from './conditions/columns.ts';
import { createSelect } from './conditions/select.ts';
import type { Erasures } from './erasing/erasures.ts';
import { forgetCustomer } from './erasing/in-memory.ts';
import type { ModelFile } from './erasing/model-file.ts';
import { createCustomers } from './purchases/customers.ts';
import { type LearnedPurchases, learnedOf } from './purchases/learned.ts';
import { salesIn } from './purchases/sales.ts';
import { createQuestions } from './scenarios/questions.ts';
import type { Scenarios } from './scenarios/scenarios.ts';
import { createShopIds, type ShopIds } from './shop-ids.ts';
import type { ShopStore } from './store/store.ts';
import type { ShopList, ShopQuestions } from './types.ts';
import type { Followers } from './workers/followers.ts';

/** What lasts of a shop while models come and go. All models that are open share it. */
export interface ShopParts {
  readonly store: ShopStore | undefined;
  /** What the shop says of products. */
  readonly entries: CatalogueEntries;
  /** Undefined without a store. */
  readonly erasures: Erasures | undefined;
  readonly scenarios: Pick<Scenarios, 'current'>;
  /** The models that are open. Each adds itself before it reads, and takes itself out when it is closed. */
  readonly models: Set<ServedModel>;
  /** The same shop on other threads; absent on these. */
  readonly followers?: Pick<Followers, 'barred' | 'sold' | 'forgetAll' | 'closed'>;
}

/** How a model is opened for a shop. */
export interface ServingOptions extends Pace {
  readonly kernel: KernelOptions;
  /** What takes erased customers out of the model's file. */
  readonly file?: ModelFile;
  /** Is called once the model is loaded; if it throws, the model is not opened. */
  readonly check?: (model: Model) => void | Promise<void>;
}

/**
 * A model that answers for a shop: its lists follow what the store has, by the rows of this model. Its questions are those of
 * the shop, and need it to be open until they are answered.
 */
export interface ServedModel
  extends Omit<Recommender, keyof ShopQuestions>,
    ShopQuestions<ShopList>,
    Pick<Shown<ShopList>, 'newProducts'> {
  readonly ids: ShopIds;
  readonly catalogue: Catalogue;
  readonly columns: Columns;
  readonly learned: LearnedPurchases;
  /** What takes erased customers out of its file. */
  readonly file: ModelFile | undefined;
  /** When it was opened, in milliseconds since 1970 UTC. */
  readonly since: number;
  /** Reads what was bought since, and what sold by the last full minute. Resolves at once while it is being opened. */
  follow(): Promise<void>;
  /** Forgets what was read of a customer, since there is more. */
  changed(customer: string): void;
  /** Forgets what was read of all customers. */
  forgetAll(): void;
  /** The place in the store up to which purchases were read. */
  seq(): number;
  /** See `ShopStatus.newPurchases`. */
  newPurchases(): number;
  /** Whether the store did not answer lately. */
  isFailing(): boolean;
  /** Customers whose purchases are in memory. */
  keptCustomers(): number;
  /** Keeps a customer out of lists who was erased, by row, and forgets what the model has of them. May be called again. */
  bar(row: number): void;
  /** Those. */
  barred(): readonly number[];
  /** Whether the model was loaded, so that nobody else has it. */
  readonly isLoaded: boolean;
  /** Follows what sells as another thread does. */
  takeTrend: ServedControls['takeTrend'];
  /** Whether the model may still name a customer who was erased, as one does that was given as an object. */
  mayName(customer: string): boolean;
}

/**
 * How often the store is read for what other servers wrote, if it did not say so. What sells counts up to the last full
 * minute: all servers of a shop say the same, and so does one that was started again.
 */
export const followMs = 60_000;
/** Purchases that are read at a time: some milliseconds of work. */
const pageSize = 1000;

/**
 * Makes a model ready to answer for a shop, on a kernel of its own. Resolves once all that the store has counts in its lists:
 * the catalogue, purchases, erasures. From its first moment on it hears of whatever is written meanwhile, so that it may take
 * the place of another one as soon as it is there. Several may be open over one shop; each has its own rows.
 *
 * @param given the path of a model, or a model. One that is loaded is nobody else's: erased customers are removed from it.
 * @throws what `loadModel` and `createRecommender` throw; what the store throws; `aborted`.
 */
export async function openServedModel(
  given: Model | string,
  parts: ShopParts,
  options: ServingOptions,
): Promise<ServedModel> {
  const { opened, learned } = await openChecked(given, parts.store, options);
  return serveOpened(opened, parts, { ...options, learned, isLoaded: typeof given === 'string', countsSales: true });
}

/**
 * The same of a model that is open, which is closed if that fails.
 *
 * @param options `countsSales`: whether it counts what sells itself, or is told by `takeTrend`.
 */
export async function serveOpened(
  opened: OpenModel,
  { store, entries, erasures, scenarios, models, followers }: ShopParts,
  {
    file,
    signal,
    inBackground,
    learned,
    isLoaded,
    countsSales,
  }: Pace & Pick<ServingOptions, 'file'> & Pick<ServedModel, 'learned' | 'isLoaded'> & { countsSales: boolean },
): Promise<ServedModel> {
  const { model } = opened;
  const pace = { signal, inBackground };
  const making = columnsIn(
    model,
    (row) => controls.nameOf(row),
    (row) => catalogue.fieldsOf(model.products[row]),
  );
  const columns = await orClosed(opened, () => inTurns(making, pace));
  const ids = createShopIds(model);
  const rows = {
    customerRow: (id: string | number) => recommender.customerRow(id),
    productRow: (id: string | number) => recommender.productRow(id),
  };
  const customers = createCustomers(model, rows, ids, store, learned);
  const select = createSelect(columns, rows);
  const { recommender, controls } = await opened.serve({ ...customers, select });
  const catalogue = createCatalogue(rows.productRow, ids, controls, columns, entries, model.products);
  const sales = countsSales ? await inTurns(salesIn(model, rows, learned), pace) : undefined;
  const barred = new Set<number>();
  const known = {
    customers: model.customers,
    customerRow: rows.customerRow,
    bar(row: number) {
      const customer = model.customers[row];
      barred.add(row);
      controls.bar(row);
      customers.changed(customer);
      if (isLoaded) forgetCustomer(model, row);
      file?.erase(customer);
      followers?.barred(served, row);
    },
    stranger(customer: string) {
      if (!mayQuote(model.metadata, [customer])) return;
      if (isLoaded) Object.assign(model, { metadata: withoutRecords(model.metadata) });
      file?.erase(customer);
    },
    forget() {
      customers.forgetAll();
      followers?.forgetAll();
    },
  };
  let read = learned.seq;
  let newPurchases = 0;
  let soldUntil = Number.NaN;
  let isOpen = false;
  let following: Promise<void> = Promise.resolve();

  async function readOn(): Promise<void> {
    const minute = Math.floor(Date.now() / followMs) * followMs;
    while (store) {
      const purchases = await store.purchasesAfter(read, pageSize);
      for (const purchase of purchases) {
        customers.changed(purchase.customer);
        sales?.add(purchase, minute);
        if (!learned.has(purchase)) newPurchases++;
      }
      read = purchases.at(-1)?.seq ?? read;
      if (purchases.length < pageSize) break;
    }
    // The clock may have been set back.
    if (!sales || minute === soldUntil) return;
    const orders = sales.changed(minute);
    if (orders) {
      await controls.sell(orders);
      followers?.sold(served);
    }
    sales.followed();
    soldUntil = minute;
  }

  async function openParts(): Promise<void> {
    models.add(served);
    await catalogue.open();
    await erasures?.attach(known);
    throwIfAborted(signal);
    await erasures?.follow();
    await entries.follow();
    await readOn();
    // Customers who bought something since the model would wait for it.
    if (store) await controls.warm(pace);
    throwIfAborted(signal);
    isOpen = true;
    // What came while that was read, and the minute that may have ended.
    await served.follow();
    if (inBackground) await makeOneList();
  }

  /** The first list of a model takes some times as long as those that follow. What goes wrong is told to who asks for a list. */
  async function makeOneList(): Promise<void> {
    let row = 0;
    while (barred.has(row)) row++;
    if (row < model.customers.length) await recommender.recommend(model.customers[row], { n: 1 }).catch(() => {});
  }

  async function close(): Promise<void> {
    models.delete(served);
    catalogue.close();
    erasures?.detach(known);
    followers?.closed(served);
    await recommender.close();
  }

  const served: ServedModel = {
    ...recommender,
    ...createQuestions(recommender, { catalogue, columns, ids, scenarios }),
    ...{ ids, catalogue, columns, learned, isLoaded, file, since: Date.now() },
    bar: known.bar,
    barred: () => [...barred],
    takeTrend: controls.takeTrend,
    follow() {
      if (!isOpen) return Promise.resolve();
      const next = following.then(readOn);
      following = next.catch(() => {});
      return next;
    },
    changed: customers.changed,
    forgetAll: customers.forgetAll,
    seq: () => read,
    newPurchases: () => newPurchases,
    isFailing: customers.isFailing,
    keptCustomers: customers.kept,
    mayName: (customer) => !isLoaded && model.customers.includes(customer),
    close,
  };
  setShareable(served, shareableOf(recommender)!);
  try {
    await openParts();
    return served;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Apart, since a model that is served must not keep what checked it: that knows the model before. */
async function openChecked(
  given: Model | string,
  store: ShopStore | undefined,
  { kernel, check, signal, inBackground }: ServingOptions,
): Promise<{ opened: OpenModel; learned: LearnedPurchases }> {
  const opened = await openModel(given, kernel, { signal, inBackground, keepsBytes: true });
  const { model } = opened;
  const learned = await orClosed(opened, async () => {
    const view = viewModel(model);
    if (typeof view === 'string') refuse(view);
    await check?.(model);
    return learnedOf(model, store);
  });
  return { opened, learned };
}

async function orClosed<T>(opened: OpenModel, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await opened.close();
    throw error;
  }
}
