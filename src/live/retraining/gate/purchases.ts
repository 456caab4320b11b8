import type { KernelOptions } from '../../../kernel/open.ts';
import type { Gate, Model } from '../../../model/model.ts';
import { inTurns, type Pace } from '../../../turns.ts';
import { endOf, maxPurchasesOfCustomer } from '../../purchases/customers.ts';
import type { ShopStore, StoredPurchase } from '../../store/store.ts';
import { type Asked, type Known, type KnownOrder, spread } from './asked.ts';
import { factorDamages, listDamages } from './damage.ts';
import { listsOf } from './lists.ts';
import { pairedResults } from './paired.ts';
import { compareUnshown } from './unshown.ts';
import { gateOf, questionFor } from './verdict.ts';

/** Entries of the store that are read: the newest ones. */
const maxEntries = 20_000;
const pageSize = 1000;
/** Lists that are asked for at a time, since others wait for theirs. */
const batchSize = 8;
/** Multiplications that the lists of a model may take. */
const maxWork = 3e10;

export interface CompareOptions extends Pace {
  /** Fewer customers say nothing; 30 by default. */
  minCustomers?: number;
  /** At most so many are asked for; 500 by default, and fewer if there are very many products. */
  maxCustomers?: number;
  /** Whether the served model was loaded from a file and nobody changes it, so that it needs no copy; false by default. */
  isServedLoaded?: boolean;
  kernel?: KernelOptions;
}

/**
 * The gate for a model that somebody put in the place of the served one: what the lists of both find of the newest purchases of
 * the store, which neither has seen. Both know what was bought before, up to the last order that one of them has. It works in
 * pieces, so that the served model answers meanwhile, and takes the memory of one more model that answers. As in `runGate`, what
 * is worse has to be worse without the products that lists had shown, too.
 *
 * @param other a model that was just loaded and that nobody else has.
 * @returns undefined if there are too few purchases to tell, and the other model is not damaged.
 * @throws what the store throws, and `aborted`.
 */
export async function compareOnPurchases(
  served: Model,
  other: Model,
  store: Pick<ShopStore, 'lastSeq' | 'purchasesAfter' | 'purchasesOf' | 'shownTo'>,
  { minCustomers = 30, maxCustomers = 500, isServedLoaded = false, kernel = {}, ...pace }: CompareOptions = {},
): Promise<Gate | undefined> {
  const damages = await inTurns(factorDamages(other), pace);
  const end = Math.max(endOf(served), endOf(other));
  const { before, after, orders } = await newestOf(store, end);
  const affordable = Math.floor(maxWork / other.products.length / other.factors);
  const buyers = spread([...after.keys()], Math.max(minCustomers, Math.min(maxCustomers, affordable)));
  const customers: string[] = [];
  const targets: Set<string>[] = [];
  const histories = new Map<string, KnownOrder[]>();
  const question = questionFor(other);
  const onlyNew = question === 'explore';
  for (const customer of buyers) {
    const newest = await store.purchasesOf(customer, maxPurchasesOfCustomer);
    const purchases = newest.filter(({ time }) => time <= end);
    const known = new Set([served, other].flatMap((model) => boughtIn(model, customer)));
    for (const { product } of purchases) known.add(product);
    const bought = after.get(customer)!.map(({ product }) => product);
    // Whoever bought nothing before gets the list of any other stranger.
    const wanted = new Set(known.size === 0 ? [] : onlyNew ? bought.filter((id) => !known.has(id)) : bought);
    if (wanted.size === 0) continue;
    customers.push(customer);
    targets.push(wanted);
    histories.set(customer, ordersOf(purchases));
  }
  const found = {
    newOrders: { orders, customers: customers.length },
    needed: minCustomers,
  };
  if (damages.length > 0) return gateOf(served, other, { ...found, results: [], damages });
  if (customers.length < minCustomers) return undefined;
  const known: Known = {
    until: end + 1,
    ordersOf: (customer) => histories.get(customer) ?? [],
    *buyersAfter() {
      for (const [customer, purchases] of before) yield { customer, orders: ordersOf(purchases) };
    },
  };
  const asked = { customers, targets: { [question]: targets } };
  const listsFor = async (asked: Asked) => {
    const lists = (model: Model, isLoaded: boolean) =>
      listsOf(model, asked, known, { isLoaded, kernel, batchSize, ...pace });
    const ofServed = await lists(served, isServedLoaded);
    const ofOther = await lists(other, true);
    return { ofServed, ofOther, results: pairedResults(asked, ofServed, ofOther) };
  };
  const { ofServed, ofOther, results } = await listsFor(asked);
  const compared = { ...found, results, damages: listDamages(ofServed.all, ofOther.all) };
  const gate = gateOf(served, other, compared);
  if (gate.outcome !== 'worse') return gate;
  const boughtBy = (customer: string) => firstBought(after.get(customer)!);
  const measured = {
    ...{ asked, needed: minCustomers, boughtBy },
    listsOfCandidate: async (asked: Asked) =>
      (await listsOf(other, asked, known, { isLoaded: true, kernel, batchSize, ...pace })).all,
    compare: async (unshown: Asked) => (await listsFor(unshown)).results,
  };
  const unshown = await compareUnshown(question, measured, store, pace.signal);
  return gateOf(served, other, { ...compared, unshown });
}

/** The newest purchases, by customer: those up to a time, and those after it, which are not sent back, with how many orders they are. */
async function newestOf(store: Pick<ShopStore, 'lastSeq' | 'purchasesAfter'>, end: number) {
  const [before, after] = [new Map<string, StoredPurchase[]>(), new Map<string, StoredPurchase[]>()];
  const orders = new Set<string>();
  let seq = Math.max(0, (await store.lastSeq()) - maxEntries);
  for (;;) {
    const page = await store.purchasesAfter(seq, pageSize);
    for (const purchase of page) {
      const { customer, order, time, quantity } = purchase;
      if (time > end && quantity < 0) continue;
      const group = time > end ? after : before;
      const own = group.get(customer);
      if (own) own.push(purchase);
      else group.set(customer, [purchase]);
      if (time > end) orders.add(order);
    }
    if (page.length < pageSize) return { before, after, orders: orders.size };
    seq = page[page.length - 1].seq;
  }
}

/** When each product was first bought. */
function firstBought(purchases: readonly StoredPurchase[]): Map<string, number> {
  const bought = new Map<string, number>();
  for (const { product, time } of purchases)
    bought.set(product, Math.min(time, bought.get(product) ?? Number.POSITIVE_INFINITY));
  return bought;
}

/** Oldest first. An order is as old as its first line. */
function ordersOf(purchases: readonly StoredPurchase[]): KnownOrder[] {
  const orders = new Map<string, { time: number; units: Map<string, number> }>();
  for (const { order, product, quantity, time } of purchases) {
    // What is sent back stands alone.
    const key = quantity < 0 ? `${order} ` : order;
    const known = orders.get(key) ?? { time, units: new Map<string, number>() };
    orders.set(key, known);
    known.time = Math.min(known.time, time);
    known.units.set(product, (known.units.get(product) ?? 0) + quantity);
  }
  return [...orders.values()].sort((a, b) => a.time - b.time);
}

/** What a model has of a customer, as product ids. */
function boughtIn({ customers, products, purchases }: Model, customer: string): string[] {
  let [low, high] = [0, customers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (customers[middle] < customer) low = middle + 1;
    else high = middle;
  }
  if (customers[low] !== customer) return [];
  const { offsets, products: rows } = purchases;
  return Array.from(rows.subarray(offsets[low], offsets[low + 1]), (row) => products[row]);
}
