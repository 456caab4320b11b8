/** The shop that `serve` and `start` serve, and the options that both have for it. */
import { type Command, Option } from 'commander';
import { checkAttributionDays } from '../../live/attribution/attribution.ts';
import type { CatalogueReport } from '../../live/catalogue-file/load.ts';
import { checkKeepDays } from '../../live/retention.ts';
import type { ScheduledRetraining } from '../../live/retraining/retraining.ts';
import type { ReloadReport } from '../../live/shop-answers.ts';
import type { ShopStore } from '../../live/store/store.ts';
import type { ModelChange, ModelSwap } from '../../live/swapping/swapping.ts';
import type { Shop } from '../../live/types.ts';
import type { Model } from '../../model/model.ts';
import { invalidOption } from '../../options.ts';
import { kernelOptions, number, type Values } from '../options/options.ts';
import { complain, count, duration, note } from '../terminal/terminal.ts';

/** Options of a running shop. */
export function addShopOptions(command: Command): Command {
  return command
    .optionsGroup('Running shop:')
    .option(
      '--catalogue <file>',
      'list only what this product file has and can be bought, such as the export of a shop platform; SIGHUP reads it again',
    )
    .option('--scenarios <file>', 'the scenarios, rules, and experiments of the shop, as JSON; SIGHUP reads it again')
    .option('--accept-catalogue-loss', 'start also if the file leaves fewer than half of the listed products')
    .addOption(
      new Option('--keep-days <n>', 'remove purchases from the store that are older')
        .argParser(number)
        .default(undefined, 'kept for ever'),
    )
    .addOption(
      new Option(
        '--attribution-days <n>',
        'keep the lists that customers are shown, to tell what they bought from them; 0 for none',
      )
        .argParser(number)
        .default(undefined, '30 where purchases are kept'),
    );
}

/** Whether a shop is served also without a store. */
export function hasShopFiles({ catalogue, scenarios }: Values): boolean {
  return catalogue !== undefined || scenarios !== undefined;
}

/** @throws `invalid_options`, before long work. */
export function checkShopOptions(values: Values, hasStore: boolean): void {
  const { keepDays, attributionDays } = values;
  checkKeepDays(keepDays);
  checkAttributionDays(attributionDays, hasStore);
  if (keepDays !== undefined && !hasStore)
    throw invalidOption('keepDays', keepDays, 'none where purchases are not kept');
}

/**
 * Opens the shop; from then on SIGHUP reads its files again, and what becomes of another model is told.
 *
 * @param model or the path of its file.
 * @param store where purchases are kept, or a store that is open, which the caller closes.
 * @param retrain when the model is retrained, if it is.
 */
export async function openShop(
  model: Model | string,
  store: string | ShopStore | undefined,
  values: Values,
  retrain?: ScheduledRetraining,
): Promise<Shop> {
  const { createShop } = await import('../../live/shop.ts');
  const {
    catalogue,
    scenarios,
    acceptCatalogueLoss: acceptLoss,
    keepDays,
    attributionDays,
  } = values as {
    catalogue?: string;
    scenarios?: string;
    acceptCatalogueLoss?: boolean;
    keepDays?: number;
    attributionDays?: number;
  };
  let shop: Shop | undefined;
  let isAsked = false;
  process.on('SIGHUP', () => {
    if (shop) void reload(shop);
    isAsked = true;
  });
  const onModel = (change: ModelChange) => {
    if (change.result !== 'refused') note(aboutModel(change));
    // Of what a signal asks for, it is told with what else went wrong.
    else if (!reloading.has(shop!)) complain(change.reason);
  };
  const options = { model, store, keepDays, attributionDays, catalogue, scenarios, acceptLoss, onModel, retrain };
  shop = await createShop({ ...options, ...kernelOptions(values) });
  if (isAsked) void reload(shop);
  return shop;
}

/** Shops whose files are being read since there was a signal. */
const reloading = new Set<Shop>();

async function reload(shop: Shop): Promise<void> {
  const before = shop.status().files;
  reloading.add(shop);
  try {
    note(...(await aboutFiles(await shop.reload())));
  } catch (error) {
    complain((error as Error).message);
    // One of two files may have been read.
    const { catalogue, scenarios } = shop.status().files;
    note(
      ...(await aboutFiles({
        ...(catalogue !== before.catalogue && { catalogue }),
        ...(scenarios !== before.scenarios && { scenarios }),
      })),
    );
  } finally {
    reloading.delete(shop);
  }
}

function aboutModel({ file, version, before, seconds }: ModelSwap & { seconds: number }): string {
  return `Model: ${file === undefined ? '' : `${file}, `}version ${version} in place of ${before}, in ${duration(seconds * 1000)}`;
}

/** What the store has, and what the product file said. */
export async function aboutShop({ status }: Shop): Promise<string[]> {
  const { store, catalogue, erasedCustomers, files, scenarios, retraining } = status();
  return [
    ...(store === undefined
      ? []
      : [
          [
            `Store: ${store}`,
            `${count(catalogue.products, 'product')} in the catalogue`,
            ...(catalogue.unavailable > 0 ? [`${count(catalogue.unavailable)} of them not available`] : []),
            ...(erasedCustomers > 0 ? [count(erasedCustomers, 'erased customer')] : []),
          ].join(', '),
        ]),
    ...(await aboutFiles(files)),
    ...(scenarios.problem === undefined ? [] : [`Scenarios: ${scenarios.problem}`]),
    ...(retraining?.next === undefined ? [] : [`Retraining: next on ${new Date(retraining.next).toISOString()}`]),
  ];
}

async function aboutFiles({ catalogue, scenarios }: ReloadReport): Promise<string[]> {
  return [
    ...(catalogue ? await aboutFile(catalogue) : []),
    ...(scenarios
      ? [
          `Scenarios: ${scenarios.file}, ${count(scenarios.scenarios, 'scenario')}, ${count(scenarios.rules, 'rule')}, ` +
            count(scenarios.experiments, 'experiment'),
        ]
      : []),
  ];
}

async function aboutFile(report: CatalogueReport): Promise<string[]> {
  const { file, platform, columns, products, known, listed, changed, removed, notInFile, faults } = report;
  const { adviceOnIds, describeFaults } = await import('../../live/catalogue-file/account.ts');
  const [id] = columns.product;
  const advice = adviceOnIds(report);
  const changes = [
    ...(changed > 0 ? [`${count(changed, 'product')} changed`] : []),
    ...(removed > 0 ? [`${count(removed, 'product')} removed`] : []),
  ];
  return [
    `Catalogue: ${file}${platform === undefined ? '' : `, an export of ${platform}`}, ${count(products, 'product')} by '${id}', of ` +
      `which the model knows ${count(known)}, and ${count(listed)} of these can be bought`,
    `  ${changes.length > 0 ? changes.join(', ') : 'nothing changed'}`,
    ...(notInFile > 0 ? [`  ${count(notInFile, 'product')} of the model not in the file, and so not listed`] : []),
    ...(advice === undefined ? [] : [`  ${advice}`]),
    ...describeFaults(faults),
  ];
}
