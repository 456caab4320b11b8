import { EndcapError } from '../errors.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { refuse, viewModel } from '../model/check.ts';
import { loadModel } from '../model/file/file.ts';
import type { Model } from '../model/model.ts';
import { onlyKnown } from '../options.ts';
import { openServed } from '../recommending/create.ts';
import { createCatalogue } from './catalogue.ts';
import { loadCatalogueFile, type ReloadOptions } from './catalogue-file/load.ts';
import { createColumns } from './conditions/columns.ts';
import { createSelect } from './conditions/select.ts';
import { createCustomers, modelData } from './customers.ts';
import { createErasures } from './erasing/erasures.ts';
import { forgetCustomer } from './erasing/in-memory.ts';
import { openModelFile } from './erasing/model-file.ts';
import { anyId, checked } from './fields.ts';
import { checkedKey, readPurchases } from './purchases.ts';
import { checkAcceptLoss, oneAtATime, reportOf, throwFailures } from './reloading.ts';
import { createRetention } from './retention.ts';
import { createSales } from './sales.ts';
import { createQuestions } from './scenarios/questions.ts';
import { createScenarios } from './scenarios/scenarios.ts';
import type { ScenarioSettings } from './scenarios/settings.ts';
import { createShopIds } from './shop-ids.ts';
import type { ShopStore } from './store/store.ts';
import type { CustomerData, ReloadReport, Shop } from './types.ts';

/** Paths of files that say something of a shop. */
export interface ShopFiles {
  catalogue?: string;
  /** The scenarios themselves, or the path of their file. */
  scenarios?: ScenarioSettings | string;
}

/**
 * How often the store is read for what other servers wrote, if it did not say so. What sells counts up to the last full
 * minute: all servers of a shop say the same, and so does one that was started again.
 */
const followMs = 60_000;
/** How long an erasure waits for the file of the model. */
const fileMs = 5000;
/** Purchases that are read at a time: some milliseconds of work. */
const pageSize = 1000;

/**
 * A shop over a store that is open. Resolves once all that the store has counts in lists.
 *
 * @param given a model, or the path of its file.
 * @param files what is read at the start, and again by `reload`.
 * @param closeStore is called when the shop is closed.
 * @param keepDays as in `ShopOptions`.
 */
export async function openShop(
  given: Model | string,
  kernel: KernelOptions,
  store: ShopStore | undefined,
  files: ShopFiles & ReloadOptions,
  closeStore: () => Promise<void>,
  keepDays?: number,
): Promise<Shop> {
  const isLoaded = typeof given === 'string';
  const model = isLoaded ? await loadModel(given) : given;
  const view = viewModel(model);
  if (typeof view === 'string') refuse(view);
  const ids = createShopIds(model);
  const rows = {
    customerRow: (id: string | number) => recommender.customerRow(id),
    productRow: (id: string | number) => recommender.productRow(id),
  };
  const customers = createCustomers(model, rows, ids, store);
  const columns = createColumns(
    model,
    (row) => controls.nameOf(row),
    (row) => catalogue.fieldsOf(model.products[row]),
  );
  const select = createSelect(columns, rows);
  const scenarios = createScenarios(columns, files.scenarios, store);
  const { recommender, controls } = await openServed(model, isLoaded, kernel, { ...customers, select });
  const catalogue = createCatalogue(rows.productRow, ids, controls, columns, store, model.products);
  const file = typeof given === 'string' && store ? openModelFile(given) : undefined;
  const bar = (row: number) => {
    const customer = model.customers[row];
    controls.bar(row);
    customers.changed(customer);
    if (!file) return;
    forgetCustomer(model, row);
    file.erase(customer);
  };
  const retention = store && createRetention(store, keepDays, customers.forgetAll);
  const erasures = store && createErasures(model.customers, rows.customerRow, store, bar, customers.forgetAll);
  const sales = createSales(model, rows);
  const closing = new AbortController();
  let read = 0;
  let soldUntil = Number.NEGATIVE_INFINITY;
  let following: Promise<void> | undefined;
  let again = false;
  let waitingPurchases = 0;
  /** Whether the last thing written failed, as on a full disk. */
  let isUnwritten = false;

  async function writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      isUnwritten = false;
      return result;
    } catch (error) {
      if (error instanceof EndcapError && error.code === 'store_failed') isUnwritten = true;
      throw error;
    }
  }

  /** Reads what is new in the store. */
  async function readOn(): Promise<void> {
    const minute = Math.floor(Date.now() / followMs) * followMs;
    await erasures?.follow();
    await catalogue.follow();
    await scenarios.follow();
    while (store) {
      const purchases = await store.purchasesAfter(read, pageSize);
      for (const purchase of purchases) {
        customers.changed(purchase.customer);
        sales.add(purchase, minute);
      }
      read = purchases.at(-1)?.seq ?? read;
      if (purchases.length < pageSize) break;
    }
    if (minute <= soldUntil) return;
    const orders = sales.changed(minute);
    if (orders) await controls.sell(orders);
    sales.followed();
    soldUntil = minute;
  }

  /** Whether the store can be written again: a server that gets nothing to write would never know. */
  async function probe(): Promise<void> {
    if (isUnwritten && store) await writing(() => store.append({ purchases: [] }));
  }

  /** What is missed because the store fails is read when it works again. */
  function follow(): void {
    if (closing.signal.aborted) return;
    again = following !== undefined;
    following ??= readOn()
      .then(probe)
      .catch(() => {})
      .finally(() => {
        following = undefined;
        if (again) follow();
      });
  }

  /** Reads every file again. Each is as it was if it cannot be read. */
  async function readFiles(options: ReloadOptions): Promise<ReloadReport> {
    checkAcceptLoss(options);
    // One that cannot be read leaves the other alone.
    const [settings, products] = await Promise.allSettled([
      scenarios.load(),
      files.catalogue === undefined
        ? undefined
        : loadCatalogueFile(files.catalogue, model, catalogue, options, closing.signal),
    ]);
    const report = reportOf(settings, products);
    lastReport = { ...lastReport, ...report };
    throwFailures([settings, products]);
    return report;
  }

  const reload = oneAtATime(readFiles, (one, other) => ({ acceptLoss: one.acceptLoss || other.acceptLoss }));
  let lastReport: ReloadReport = {};
  let reloading: Promise<ReloadReport> | undefined;

  try {
    await retention?.begin();
    await readOn();
    await reload(files);
  } catch (error) {
    await retention?.end();
    await recommender.close();
    await file?.close();
    throw error;
  }
  const unwatch = store?.watch(follow);
  let timer: NodeJS.Timeout | undefined;
  function followEachMinute(): void {
    timer = setTimeout(
      () => {
        follow();
        followEachMinute();
      },
      followMs - (Date.now() % followMs),
    ).unref();
  }
  if (store) followEachMinute();

  let closed: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    clearTimeout(timer);
    unwatch?.();
    closing.abort();
    await reloading?.catch(() => {});
    again = false;
    await following;
    await retention?.end();
    await recommender.close();
    await file?.close();
    await closeStore();
  }

  function storeOf(what: string): ShopStore {
    if (store) return store;
    throw new EndcapError(
      'invalid_options',
      `${what} need a store; open the shop with the option store (--data shop.db)`,
    );
  }

  /** The id as the store has it. */
  function storedId(customer: string | number): string {
    const row = recommender.customerRow(checked(anyId, customer, 'customer'));
    return row === undefined ? ids.known('customer', customer, 'customer') : model.customers[row];
  }

  return {
    ...recommender,
    ...createQuestions(recommender, { catalogue, columns, ids, scenarios }),
    putProducts: (products) => writing(() => catalogue.put(products)),
    patchProducts: (products) => writing(() => catalogue.patch(products)),
    async reload(options = {}) {
      onlyKnown(options, ['acceptLoss']);
      if (Object.values(files).every((file) => typeof file !== 'string'))
        throw new EndcapError(
          'invalid_options',
          'there is no file to read again; open the shop with a catalogue, or scenarios in a file',
          { option: 'catalogue' },
        );
      if (closing.signal.aborted) throw new EndcapError('invalid_options', 'this shop is closed; open another one');
      reloading = reload(options);
      return reloading;
    },
    scenarios: () => scenarios.current().settings,
    putScenarios: (settings) => writing(() => scenarios.put(settings)),
    async recordPurchases(given, options = {}) {
      onlyKnown(options, ['key']);
      const key = checkedKey(options.key);
      const purchases = readPurchases(given, ids);
      const store = storeOf('purchases');
      waitingPurchases += purchases.length;
      const receipt = await writing(() => store.append({ purchases, ...(key !== undefined && { key }) })).finally(
        () => {
          waitingPurchases -= purchases.length;
        },
      );
      for (const { customer } of purchases) customers.changed(customer);
      const products = new Set(purchases.map(({ product }) => product));
      return { ...receipt, unknownProducts: [...products].filter((id) => recommender.productRow(id) === undefined) };
    },
    async eraseCustomer(customer) {
      const id = storedId(customer);
      try {
        const store = storeOf('erasures');
        const { purchases } = await writing(() => store.erase(id));
        erasures!.add(id);
        return { purchases, inModel: file ? await file.mayHave(id, fileMs) : model.customers.includes(id) };
      } finally {
        // Also if only the last step failed.
        customers.changed(id);
        follow();
      }
    },
    async customerData(customer): Promise<CustomerData | undefined> {
      const id = storedId(customer);
      const row = recommender.customerRow(id);
      const lines = (await store?.purchasesOf(id)) ?? [];
      if (row === undefined && lines.length === 0) return undefined;
      const purchases = lines.map(({ seq: _, customer: __, ...line }) => line);
      return { customer: id, purchases, ...(row !== undefined && { model: modelData(model, row) }) };
    },
    status: () => ({
      store: store?.kind,
      seq: read,
      isFailing: isUnwritten || customers.isFailing(),
      waitingPurchases,
      catalogue: catalogue.counts(),
      files: lastReport,
      scenarios: scenarios.status(),
      keptCustomers: customers.kept(),
      erasedCustomers: erasures?.count() ?? 0,
      modelFile: file?.status(),
    }),
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
