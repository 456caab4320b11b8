import { throwIfAborted } from '../../../errors.ts';
import type { KernelOptions } from '../../../kernel/open.ts';
import type { EvaluationQuestion } from '../../../measuring/questions.ts';
import type { Model } from '../../../model/model.ts';
import { openServed } from '../../../recommending/create.ts';
import type { Served } from '../../../recommending/serving/served.ts';
import type { PurchasedFilter, Recommender } from '../../../recommending/types.ts';
import { createPauses, type Pace, turn } from '../../../turns.ts';
import { endOf } from '../../purchases/customers.ts';
import { learnedByTime } from '../../purchases/learned.ts';
import { createSales } from '../../purchases/sales.ts';
import type { Asked, Known } from './asked.ts';

/** Length of the lists that are compared. */
export const listLength = 10;

/** Product ids, best first, by question, then by place among those asked; empty lists for whom a question does not concern. */
export type Lists = Readonly<Record<EvaluationQuestion, readonly (readonly string[])[]>>;

/** Products that the lists of a question may hold; those of `all` are as the shop gives them. */
const purchasedFor: Record<EvaluationQuestion, PurchasedFilter | undefined> = {
  all: undefined,
  explore: 'exclude',
  repeat: 'only',
};

export interface ListsOptions extends Pace {
  /** Whether the model was loaded from a file and nobody changes it, so that it needs no copy; false by default. */
  readonly isLoaded?: boolean;
  readonly kernel: KernelOptions;
  /** Customers who are asked for in one turn of the event loop; 64 by default. */
  readonly batchSize?: number;
  /** Called with the share of the lists that are made, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

/**
 * The lists that a model gives when it is served: what was bought since its last order counts on top of it, as of `until`.
 * Nobody gets a list for a question in which there is nothing to find, but for `all`.
 *
 * @param known what was bought before; nothing but what the model has if absent.
 */
export async function listsOf(
  model: Model,
  { customers, targets, denied, lengths }: Asked,
  known: Known | undefined,
  { isLoaded = false, kernel, signal, inBackground, batchSize = 64, onProgress }: ListsOptions,
): Promise<Lists> {
  throwIfAborted(signal);
  const end = endOf(model);
  const lists: Record<EvaluationQuestion, string[][]> = { all: [], explore: [], repeat: [] };
  const servedBy = new Map<string, Served | undefined>();
  const served = (id: string | number) => {
    const customer = String(id);
    if (known && !servedBy.has(customer)) servedBy.set(customer, servedAs(recommender, customer, known, end));
    return servedBy.get(customer);
  };
  const live = { served, isChanged: () => true };
  const { recommender, controls } = await openServed(model, isLoaded, kernel, live, { signal, inBackground });
  try {
    if (known) {
      const recent = await salesUntil(model, recommender, known, end);
      if (recent) await controls.sell(recent);
      if (Number.isFinite(known.until)) await recommender.refresh(known.until);
    }
    for (let first = 0; first < customers.length; first += batchSize) {
      await turn();
      throwIfAborted(signal);
      const batch = customers.slice(first, first + batchSize);
      for (const [question, purchased] of Object.entries(purchasedFor) as [EvaluationQuestion, PurchasedFilter?][]) {
        const made = batch.map(async (customer, i) => {
          if (question !== 'all' && !targets[question]?.[first + i].size) return [];
          const deny = denied && [...denied[first + i]];
          const options = {
            n: lengths?.[first + i] ?? listLength,
            ...(purchased && { purchased }),
            ...(deny && { deny }),
          };
          const { items } = await recommender.recommend(customer, options);
          return items.map(({ product }) => product);
        });
        lists[question].push(...(await Promise.all(made)));
      }
      onProgress?.(Math.min(1, (first + batch.length) / customers.length));
    }
  } finally {
    await recommender.close();
  }
  return lists;
}

/** A customer as a running shop would know them; undefined if they are as the model has them. */
function servedAs({ customerRow, productRow }: Recommender, id: string, known: Known, end: number): Served | undefined {
  const customer = customerRow(id);
  const orders: Map<number, number>[] = [];
  const sentBack = new Map<number, number>();
  for (const { time, units } of known.ordersOf(id)) {
    // Orders without a time are older than the model, if it knows the customer.
    if (customer !== undefined && !(time > end)) continue;
    const order = new Map<number, number>();
    for (const [product, quantity] of units) {
      const row = productRow(product);
      if (row === undefined) continue;
      if (quantity < 0) sentBack.set(row, (sentBack.get(row) ?? 0) - quantity);
      else order.set(row, quantity);
    }
    if (order.size > 0) orders.push(order);
  }
  return orders.length === 0 && sentBack.size === 0 ? undefined : { customer, orders, sentBack };
}

/** What sold since the model. */
async function salesUntil(model: Model, rows: Recommender, { until, buyersAfter }: Known, end: number) {
  const sales = createSales(model, rows, learnedByTime(model));
  const pause = createPauses();
  for (const { customer, orders } of buyersAfter(end)) {
    for (const [i, { time, units }] of orders.entries())
      for (const [product, quantity] of units)
        sales.add({ customer, order: `${customer} ${i}`, product, quantity, time, seq: 0 }, until);
    await pause();
  }
  return sales.changed(until);
}
