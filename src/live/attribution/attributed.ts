/** Which list a purchase followed. */
import { dayMs } from '../../orders/times/calendar.ts';
import type { ShownList, StoredPurchase } from '../store/store.ts';

/** A product of an order, and the list that it was bought from. */
export interface BoughtLine {
  readonly order: string;
  readonly product: string;
  /** Of the first of its purchases, in milliseconds since 1970 UTC. */
  readonly time: number;
  /** What was not sent back; 0 if all was. */
  readonly units: number;
  /** The list that it followed; absent if none did. */
  readonly list?: ShownList;
  /** Whether the purchase named the list, or the list held the product; absent without a list. */
  readonly by?: 'id' | 'product';
}

type Line = { -readonly [Field in keyof BoughtLine]: BoughtLine[Field] } & { named: string[] };

/**
 * Attributes the purchases of one customer to lists that were shown to them. A product of an order followed
 *
 * - the list that one of its purchases names, if that held the product;
 * - or else the latest list that held it.
 *
 * Either was shown at most `days` days before the purchase, and not after it. Every product of an order follows one list at
 * most, however often it is in the order; returns are taken off its units, those of the same order first, then those bought
 * last.
 *
 * @param lists all of one customer, ascending by time and then by id, as `shownAfter` has them.
 * @param purchases all of the same customer.
 * @returns the products of orders, ascending by time.
 */
export function attributed(
  lists: readonly ShownList[],
  purchases: readonly StoredPurchase[],
  days: number,
): BoughtLine[] {
  const lines = linesOf(purchases);
  const byId = new Map(lists.map((list) => [list.id, list]));
  /** The latest list of each product, of those before the line. */
  const latest = new Map<string, ShownList>();
  let next = 0;
  for (const line of lines) {
    for (; next < lists.length && lists[next].time <= line.time; next++)
      for (const product of lists[next].products) latest.set(product, lists[next]);
    const isInTime = (list: ShownList | undefined): list is ShownList =>
      list !== undefined && list.time <= line.time && list.time >= line.time - days * dayMs;
    const named = line.named
      .map((id) => byId.get(id))
      .find((list) => isInTime(list) && list.products.includes(line.product));
    const list = named ?? latest.get(line.product);
    if (isInTime(list)) Object.assign(line, { list, by: named ? 'id' : 'product' });
  }
  return lines.map(({ named: _, ...line }) => line);
}

/** The products of orders, ascending by time, less what was sent back. */
function linesOf(purchases: readonly StoredPurchase[]): Line[] {
  const inTurn = purchases.toSorted((a, b) => a.time - b.time || a.seq - b.seq);
  const lines = new Map<string, Line>();
  const nameOf = ({ order, product }: StoredPurchase) => JSON.stringify([order, product]);
  for (const purchase of inTurn) {
    const { order, product, time, quantity, recommendation } = purchase;
    if (quantity < 0) continue;
    const name = nameOf(purchase);
    const line = lines.get(name) ?? { order, product, time, units: 0, named: [] };
    line.units += quantity;
    if (recommendation !== undefined) line.named.push(recommendation);
    lines.set(name, line);
  }
  // By product, since who buys for all strangers of a shop has very many lines.
  const ofProduct = new Map<string, Line[]>();
  for (const line of lines.values()) {
    const others = ofProduct.get(line.product);
    if (others) others.push(line);
    else ofProduct.set(line.product, [line]);
  }
  for (const purchase of inTurn) {
    if (purchase.quantity > 0) continue;
    let left = -purchase.quantity;
    const takeOff = (line: Line) => {
      const taken = Math.min(left, line.units);
      line.units -= taken;
      left -= taken;
    };
    const own = lines.get(nameOf(purchase));
    if (own) takeOff(own);
    const others = ofProduct.get(purchase.product) ?? [];
    for (let i = others.length - 1; i >= 0 && left > 0; i--) if (others[i].time <= purchase.time) takeOff(others[i]);
  }
  return [...lines.values()];
}
