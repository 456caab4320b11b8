/** Whether what was read is what the served model was trained on, and more: a broken export must not replace it. */
import { EndcapError } from '../../../errors.ts';
import type { Model } from '../../../model/model.ts';
import { number } from '../../../wording.ts';
import type { ShopOrders } from './orders.ts';

/** Roles that lose no orders. Whether a column has one of them also depends on what its cells look like today. */
const described: ReadonlySet<string> = new Set(['name', 'category', 'price']);

/** What is compared with what was read: a model that may have learned from a store as well. */
export type TrainedModel = Pick<Model, 'customers' | 'products' | 'metadata'>;

/**
 * Refuses orders that are not those that a model was trained on, and more. What is compared is the source alone, without the
 * purchases of a store, as far as the model says what it had of either:
 *
 * - each role of the model has the same column; names, categories, and prices have one, or that is still there;
 * - there are at least half as many kept purchases, customers, and products;
 * - at least half of these customers, and of these products, are ones that the model knows;
 * - the last purchase is not earlier, unless the model's is from after its training.
 *
 * A source that is missing or empty is an error of `readOrdersAndPurchases` already.
 *
 * @param name of the source, for the message.
 * @throws `orders_lost` with all reasons, which are in `details.problems`, too.
 */
export function refuseOtherOrders(served: TrainedModel, read: ShopOrders, name: string): void {
  const problems = [...columnProblems(served, read), ...countProblems(served, read), ...timeProblems(served, read)];
  if (problems.length === 0) return;
  throw new EndcapError(
    'orders_lost',
    `${name} does not go on from the orders of the served model (version ${served.metadata.version}): ` +
      `${problems.join('; ')}. If that is as it should be: --accept-loss, or acceptLoss: true`,
    { source: name, problems, version: served.metadata.version },
  );
}

function columnProblems({ metadata }: TrainedModel, { dataset }: ShopOrders): string[] {
  const now = dataset.account.columns;
  return Object.entries(metadata.account.columns).flatMap(([role, before]) => {
    const column = now[role];
    const isThere = column !== undefined || dataset.unusedColumns?.includes(before);
    if (column === before || (isThere && described.has(role))) return [];
    const was = `the ${role} was in the column ${JSON.stringify(before)}`;
    return column === undefined
      ? `${was}, and no column has it now`
      : `${was}, and is now in ${JSON.stringify(column)}`;
  });
}

/** What a source has, by itself. */
interface Counts {
  purchases: number;
  customers: number;
  products: number;
}

function countProblems(served: TrainedModel, { dataset, inSource }: ShopOrders): string[] {
  const before = countsOf(served, served.metadata.account);
  const now = countsOf(dataset, dataset.account);
  return (['purchases', 'customers', 'products'] as const).flatMap((what) => {
    if (2 * now[what] < before[what])
      return `it has ${number(now[what])} ${what}, fewer than half of the ${number(before[what])} before`;
    if (what === 'purchases') return [];
    const known = sharedIds(served[what], dataset[what], inSource?.[what]);
    if (2 * known >= before[what]) return [];
    return (
      `only ${number(known)} of its ${number(now[what])} ${what} are among the ${number(before[what])} before ` +
      '(ids may be written in another way)'
    );
  });
}

function countsOf(
  { customers, products }: Pick<TrainedModel, 'customers' | 'products'>,
  { purchases, source }: ShopOrders['dataset']['account'],
): Counts {
  return source ?? { purchases, customers: customers.length, products: products.length };
}

/** How many of sorted ids are among others. @param counted by index of the others, 1 for those that count; all if left out. */
function sharedIds(ids: readonly string[], others: readonly string[], counted?: Uint8Array): number {
  let shared = 0;
  for (let i = 0, k = 0; i < ids.length && k < others.length; ) {
    if (ids[i] < others[k]) i++;
    else if (ids[i] > others[k]) k++;
    else {
      if (counted?.[k] !== 0) shared++;
      i++;
      k++;
    }
  }
  return shared;
}

function timeProblems({ metadata }: TrainedModel, { dataset }: ShopOrders): string[] {
  const before = lastOf(metadata.account);
  const now = lastOf(dataset.account);
  // A date after the training was wrong.
  if (before === undefined || now === undefined || now >= before || before > Date.parse(metadata.trainedAt)) return [];
  return [`its last purchase is of ${dateText(now)}, earlier than the ${dateText(before)} before`];
}

const lastOf = ({ source, lastPurchase }: ShopOrders['dataset']['account']) =>
  (source ?? { lastPurchase }).lastPurchase;

const dateText = (time: number) => new Date(time).toISOString();
