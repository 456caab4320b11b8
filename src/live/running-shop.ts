import { EndcapError } from '../errors.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { loadModel } from '../model/file/file.ts';
import type { Model } from '../model/model.ts';
import { onlyKnown } from '../options.ts';
import { createCatalogueEntries } from './catalogue-entries.ts';
import { loadCatalogueFile, type ReloadOptions } from './catalogue-file/load.ts';
import { createColumns } from './conditions/columns.ts';
import { modelData } from './customers.ts';
import { createErasures } from './erasing/erasures.ts';
import { openModelFile } from './erasing/model-file.ts';
import { anyId, checked } from './fields.ts';
import { createFollowing } from './following.ts';
import { checkedKey, readPurchases } from './purchases.ts';
import { checkAcceptLoss, oneAtATime, reportOf, throwFailures } from './reloading.ts';
import { createRetention } from './retention.ts';
import { createScenarios } from './scenarios/scenarios.ts';
import type { ScenarioSettings } from './scenarios/settings.ts';
import { openServedModel, type ServedModel, type ShopParts } from './served-model.ts';
import type { ShopStore } from './store/store.ts';
import { type Answering, createAnswering } from './swapping/answering.ts';
import type { ReloadReport, Shop } from './types.ts';

/** Paths of files that say something of a shop. */
export interface ShopFiles {
  catalogue?: string;
  /** The scenarios themselves, or the path of their file. */
  scenarios?: ScenarioSettings | string;
}

/** How long an erasure waits for the file of the model. */
const fileMs = 5000;

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
  const models = new Set<ServedModel>();
  const eachModel = (tell: (served: ServedModel) => void): void => {
    for (const served of models) tell(served);
  };
  const entries = createCatalogueEntries(store);
  const erasures = store && createErasures(store);
  const noProducts = createColumns({ productInfo: [] }, () => undefined);
  const fields = () => {
    const [served] = models;
    return (served?.columns ?? noProducts).fields();
  };
  const scenarios = createScenarios({ column: noProducts.column, fields }, files.scenarios, store);
  const parts: ShopParts = { store, entries, erasures, scenarios, models };
  const retention = store && createRetention(store, keepDays, () => eachModel(({ forgetAll }) => forgetAll()));
  const isLoaded = typeof given === 'string';
  const model = isLoaded ? await loadModel(given) : given;
  const file = isLoaded && store ? openModelFile(given) : undefined;
  const closing = new AbortController();
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
    await erasures?.follow();
    await entries.follow();
    await scenarios.follow();
    for (const served of models) await served.follow();
    // A server that gets nothing to write would never know that the store can be written again.
    if (isUnwritten && store) await writing(() => store.append({ purchases: [] }));
  }

  /** Reads every file again. Each is as it was if it cannot be read. */
  async function readFiles(options: ReloadOptions): Promise<ReloadReport> {
    checkAcceptLoss(options);
    const { catalogue } = files;
    // One that cannot be read leaves the other alone.
    const [settings, products] = await Promise.allSettled([
      scenarios.load(),
      catalogue === undefined
        ? undefined
        : answering.holding((served) =>
            loadCatalogueFile(catalogue, served.model, served.catalogue, options, closing.signal),
          ),
    ]);
    const report = reportOf(settings, products);
    lastReport = { ...lastReport, ...report };
    throwFailures([settings, products]);
    return report;
  }

  const reload = oneAtATime(readFiles, (one, other) => ({ acceptLoss: one.acceptLoss || other.acceptLoss }));
  let lastReport: ReloadReport = {};
  let reloading: Promise<ReloadReport> | undefined;
  let answering: Answering;

  try {
    await retention?.begin();
    answering = createAnswering(await openServedModel({ model, isLoaded, file }, kernel, parts));
    await scenarios.follow();
    await reload(files);
  } catch (error) {
    await retention?.end();
    for (const served of models) await served.close();
    await file?.close();
    throw error;
  }
  const { current, questions, holding } = answering;
  const { follow, end: endFollowing } = createFollowing(store, readOn);
  let closed: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    closing.abort();
    const followed = endFollowing();
    await reloading?.catch(() => {});
    await followed;
    await retention?.end();
    for (const served of models) await served.close();
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
  function storedId({ customerRow, ids, model }: ServedModel, customer: string | number): string {
    const row = customerRow(checked(anyId, customer, 'customer'));
    return row === undefined ? ids.known('customer', customer, 'customer') : model.customers[row];
  }

  return {
    get model() {
      return current().model;
    },
    get kernel() {
      return current().kernel;
    },
    ...questions,
    refresh: (now) => holding((served) => served.refresh(now)),
    putProducts: (products) => writing(() => holding(({ catalogue }) => catalogue.put(products))),
    patchProducts: (products) => writing(() => holding(({ catalogue }) => catalogue.patch(products))),
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
      const purchases = readPurchases(given, current().ids);
      const store = storeOf('purchases');
      waitingPurchases += purchases.length;
      const receipt = await writing(() => store.append({ purchases, ...(key !== undefined && { key }) })).finally(
        () => {
          waitingPurchases -= purchases.length;
        },
      );
      for (const { customer } of purchases) eachModel(({ changed }) => changed(customer));
      const products = new Set(purchases.map(({ product }) => product));
      const { productRow } = current();
      return { ...receipt, unknownProducts: [...products].filter((id) => productRow(id) === undefined) };
    },
    async eraseCustomer(customer) {
      const served = current();
      const id = storedId(served, customer);
      try {
        const store = storeOf('erasures');
        const { purchases } = await writing(() => store.erase(id));
        erasures!.add(id);
        const inModel = file ? await file.mayHave(id, fileMs) : served.model.customers.includes(id);
        return { purchases, inModel };
      } finally {
        // Also if only the last step failed.
        eachModel(({ changed }) => changed(id));
        follow();
      }
    },
    customerData: (customer) =>
      holding(async (served) => {
        const id = storedId(served, customer);
        const row = served.customerRow(id);
        const lines = (await store?.purchasesOf(id)) ?? [];
        if (row === undefined && lines.length === 0) return undefined;
        const purchases = lines.map(({ seq: _, customer: __, ...line }) => line);
        return { customer: id, purchases, ...(row !== undefined && { model: modelData(served.model, row) }) };
      }),
    status() {
      const { seq, isFailing, keptCustomers, catalogue } = current();
      return {
        store: store?.kind,
        seq: seq(),
        isFailing: isUnwritten || isFailing(),
        waitingPurchases,
        catalogue: catalogue.counts(),
        files: lastReport,
        scenarios: scenarios.status(),
        keptCustomers: keptCustomers(),
        erasedCustomers: erasures?.count() ?? 0,
        modelFile: file?.status(),
      };
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
