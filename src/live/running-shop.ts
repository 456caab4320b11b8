import { EndcapError } from '../errors.ts';
import type { KernelOptions } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import { onlyKnown } from '../options.ts';
import { createAttribution } from './attribution/attribution.ts';
import { recordedList } from './attribution/recorded.ts';
import { reportedShop } from './attribution/reported-shop.ts';
import { withIds } from './attribution/with-ids.ts';
import type { Catalogue, CatalogueReceipt } from './catalogue/catalogue.ts';
import { createCatalogueEntries } from './catalogue/entries.ts';
import { loadCatalogueFile, type ReloadOptions } from './catalogue-file/load.ts';
import { columnsOf } from './conditions/columns.ts';
import { createErasing } from './erasing/erasing.ts';
import { createErasures } from './erasing/erasures.ts';
import { createModelFiles } from './erasing/model-file.ts';
import { createExperiments } from './experiments/experiments.ts';
import { createFollowing } from './following.ts';
import { createLooking } from './looking.ts';
import { storedIdOf } from './purchases/customer-data.ts';
import { createRecording } from './purchases/recording.ts';
import { checkAcceptLoss, failuresOf, oneAtATime, reportOf, throwFirst } from './reloading.ts';
import { createRetention } from './retention.ts';
import { createShopRetraining } from './retraining/shop-retraining.ts';
import { createScenarios } from './scenarios/scenarios.ts';
import type { ScenarioSettings } from './scenarios/settings.ts';
import { openServedModel, type ServedModel, type ShopParts } from './served-model.ts';
import type { ReloadReport, ShopStatus } from './shop-answers.ts';
import type { ShopStore } from './store/store.ts';
import { createAnswering, setServed } from './swapping/answering.ts';
import { openModelSource } from './swapping/source.ts';
import { createSwapping } from './swapping/swapping.ts';
import type { Shop, ShopOptions } from './types.ts';
import { createFollowers, setFollowers } from './workers/followers.ts';
import { createWriting } from './writing.ts';

/** Paths of files that say something of a shop. */
export interface ShopFiles {
  catalogue?: string;
  /** The scenarios themselves, or the path of their file. */
  scenarios?: ScenarioSettings | string;
}

/**
 * A shop over a store that is open. Resolves once all that the store has counts in lists.
 *
 * @param given a model, or the path of its file.
 * @param files what is read at the start, and again by `reload`.
 * @param closeStore is called when the shop is closed.
 * @param attributionDays how many days lists are kept; 0 if they are not.
 */
export async function openShop(
  given: Model | string,
  kernel: KernelOptions,
  store: ShopStore | undefined,
  files: ShopFiles & ReloadOptions,
  closeStore: () => Promise<void>,
  {
    keepDays,
    attributionDays,
    onModel,
    retrain,
    storeAt,
  }: Pick<ShopOptions, 'keepDays' | 'onModel' | 'retrain'> & { attributionDays: number; storeAt?: string },
): Promise<Shop> {
  const models = new Set<ServedModel>();
  const eachModel = (tell: (served: ServedModel) => void) => [...models].forEach(tell);
  const entries = createCatalogueEntries(store);
  const erasures = store && createErasures(store);
  const closing = new AbortController();
  const pace = { signal: closing.signal, inBackground: false };
  const experiments = createExperiments({
    ...{ store, days: attributionDays, signal: closing.signal },
    ...{ settings: () => scenarios.current(), current: () => answering.current() },
    open: (path, check) => openServedModel(path, parts, { kernel, file: modelFiles.of(path), check, ...pace }),
  });
  const scenarios = createScenarios(columnsOf(models), files.scenarios, store, experiments);
  const attribution = createAttribution(
    store,
    attributionDays,
    (id) => storedIdOf(answering.current(), id),
    () => reportedShop(answering.current()),
  );
  const followers = createFollowers({
    ...{ store, days: attributionDays, entries },
    current: () => answering.current(),
    settings: () => scenarios.current().settings,
    arm: experiments.arm,
    shop: () => shop,
  });
  const parts: ShopParts = { store, entries, erasures, scenarios, models, followers };
  const forgetAll = () => {
    eachModel((served) => served.forgetAll());
    followers.forgetAll();
  };
  const changed = async (customers: readonly string[]) => {
    eachModel((served) => customers.forEach(served.changed));
    await followers.all('changed', customers);
  };
  const retention = store && createRetention(store, keepDays, attributionDays, forgetAll);
  const modelFiles = createModelFiles(store !== undefined, models);
  const writing = createWriting();
  const recording = createRecording({ store, writing, changed, attribution, current: () => answering.current() });
  let lastReport: ShopStatus['files'] = {};
  let reloading: Promise<ReloadReport> | undefined;
  /** What lists were last aged to, once they were: now, whenever that is, or a time. */
  let aged: { to: number | Date | undefined } | undefined;

  /** Reads what is new in the store. */
  async function readOn(): Promise<void> {
    await erasures?.follow();
    await entries.follow();
    await scenarios.follow();
    for (const served of models) await served.follow();
    await followers.all('follow');
    // A server that gets nothing to write would never know that the store can be written again.
    if (writing.hasFailed() && store) await writing(() => store.append({ purchases: [] }));
  }

  async function closeParts(): Promise<void> {
    await retention?.end();
    for (const served of models) await served.close();
    await modelFiles.close();
  }

  async function orClose<T>(opening: () => Promise<T>): Promise<T> {
    try {
      return await opening();
    } catch (error) {
      await closeParts();
      throw error;
    }
  }

  const source = typeof given === 'string' ? await openModelSource(given) : undefined;
  const first = await orClose(async () => {
    await retention?.begin();
    return openServedModel(given, parts, { kernel, file: modelFiles.of(source?.path) });
  });
  const answering = createAnswering(first);
  const { current, questions, holding } = answering;
  const preview = experiments.questions(questions);
  const swapping = createSwapping(
    {
      ...{ answering, kernel, shop: parts, followers, files: modelFiles, closing: closing.signal },
      prepare: async (served) => aged && served.refresh(aged.to),
      // Whoever is told must not end the swap.
      changed: (change) => void new Promise<void>((resolve) => resolve(onModel?.(change))).catch(console.error),
    },
    source,
  );
  const retraining = createShopRetraining({
    path: swapping.path,
    store: store && { kind: store.kind, where: storeAt },
    use: (file, result, acceptLoss) => swapping.use(file, { acceptLoss }, result),
    served: () => current().model.metadata,
  });

  /** Reads the files besides the model's. Each is as it was if it cannot be read, and leaves the other alone. */
  async function readFiles(options: ReloadOptions, failures: unknown[] = []): Promise<ShopStatus['files']> {
    const { catalogue } = files;
    const [settings, products] = await Promise.allSettled([
      scenarios.load(),
      catalogue === undefined
        ? undefined
        : holding((served) => loadCatalogueFile(catalogue, served.model, served.catalogue, options, closing.signal)),
    ]);
    const report = reportOf(settings, products);
    lastReport = { ...lastReport, ...report };
    await followers.all('followScenarios');
    throwFirst([...failures, ...failuresOf([settings, products])]);
    return report;
  }

  async function readAll(options: ReloadOptions): Promise<ReloadReport> {
    checkAcceptLoss(options);
    // Before the product file, which is about the products of the model.
    const swapped = await Promise.allSettled([swapping.takeFile(options, true)]);
    const report = await readFiles(options, failuresOf(swapped));
    const [model] = swapped.flatMap((each) => (each.status === 'fulfilled' && each.value) || []);
    return { ...(model && { model }), ...report };
  }

  const reload = oneAtATime(readAll, (one, other) => ({ acceptLoss: one.acceptLoss || other.acceptLoss }));

  await orClose(async () => {
    checkAcceptLoss(files);
    await experiments.prepare(scenarios.current().experiments);
    await scenarios.follow();
    await readFiles(files);
    if (retrain) await retraining.schedule(retrain);
  });
  pace.inBackground = true;
  const { follow, end: endFollowing } = createFollowing(store, readOn, () => {
    swapping.takeFile({}, false).catch(() => {});
  });
  const erasing = createErasing({ store, writing, erasures, modelFiles, changed, follow, current });
  let closed: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    closing.abort();
    const followed = endFollowing();
    await reloading?.catch(() => {});
    await retraining.end();
    await swapping.end();
    await followed;
    await attribution.end();
    await closeParts();
    await closeStore();
  }

  async function writeProducts(write: (catalogue: Catalogue) => Promise<CatalogueReceipt>): Promise<CatalogueReceipt> {
    const receipt = await writing(() => holding(({ catalogue }) => write(catalogue)));
    await followers.all('heard');
    return receipt;
  }

  function checkOpen(): void {
    if (closing.signal.aborted) throw new EndcapError('invalid_options', 'this shop is closed; open another one');
  }

  const shop: Shop = {
    get model() {
      return current().model;
    },
    get kernel() {
      return current().kernel;
    },
    ...questions,
    ...withIds(preview, attribution.give, () => current().model.metadata.version),
    ...experiments.reports,
    async refresh(now) {
      await holding(async (served) => {
        await served.refresh(now);
        await followers.aged(served);
      });
      aged = { to: now };
    },
    putProducts: (products) => writeProducts((catalogue) => catalogue.put(products)),
    patchProducts: (products) => writeProducts((catalogue) => catalogue.patch(products)),
    async reload(options = {}) {
      onlyKnown(options, ['acceptLoss']);
      const named = [swapping.path(), files.catalogue, files.scenarios];
      if (named.every((file) => typeof file !== 'string'))
        throw new EndcapError(
          'invalid_options',
          'there is no file to read again; open the shop with the path of a model, a catalogue, or scenarios in a file',
          { option: 'catalogue' },
        );
      checkOpen();
      reloading = reload(options);
      return reloading;
    },
    async useModel(model, options = {}) {
      onlyKnown(options, ['acceptLoss']);
      checkAcceptLoss(options);
      checkOpen();
      return swapping.use(model, options);
    },
    ...retraining.offered,
    recordShown: (list) => attribution.give({ ...recordedList(list), model: current().model.metadata.version }),
    attribution: attribution.report,
    scenarios: () => scenarios.current().settings,
    putScenarios: async (settings) => {
      await writing(() => scenarios.put(settings));
      await followers.all('followScenarios');
    },
    recordPurchases: recording.recordPurchases,
    eraseCustomer: erasing.eraseCustomer,
    ...createLooking(answering, store),
    preview,
    status() {
      const { seq, newPurchases, isFailing, keptCustomers, catalogue } = current();
      return followers.counted({
        ...{ store: store?.kind, seq: seq(), newPurchases: newPurchases() },
        isFailing: writing.hasFailed() || isFailing(),
        waitingPurchases: recording.waiting(),
        attribution: attribution.status(),
        catalogue: catalogue.counts(),
        files: lastReport,
        scenarios: scenarios.status(),
        keptCustomers: keptCustomers(),
        erasedCustomers: erasures?.count() ?? 0,
        ...(keepDays !== undefined && { keepDays }),
        modelFile: modelFiles.status(),
        model: swapping.status(),
        retraining: retraining.status(),
      });
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
  setFollowers(shop, followers);
  setServed(shop, current);
  return shop;
}
