import type { Dataset } from '../../../dataset/dataset.ts';
import type { HeldOut } from '../../../dataset/split.ts';
import { type EvaluationQuestion, questions, targetsOf } from '../../../measuring/questions.ts';

/** Customers whom both models are asked for, and what they bought afterwards. */
export interface Asked {
  readonly customers: readonly string[];
  /** Ids of the products by question, then by place in `customers`; none if the question does not concern the customer. */
  readonly targets: Readonly<Partial<Record<EvaluationQuestion, readonly ReadonlySet<string>[]>>>;
  /** Ids of products that their lists leave out, by place in `customers`; none if absent. */
  readonly denied?: readonly ReadonlySet<string>[];
  /** How long their lists are, by place in `customers`; `listLength` if absent. */
  readonly lengths?: readonly number[];
}

/** An order as it was known before what is to be predicted. */
export interface KnownOrder {
  /** Milliseconds since 1970 UTC; NaN if unknown. */
  readonly time: number;
  /** Units by product id; below zero if they were sent back. */
  readonly units: ReadonlyMap<string, number>;
}

/** What is known before what is to be predicted. */
export interface Known {
  /** When that begins, in milliseconds since 1970 UTC: everything that is known is earlier. */
  readonly until: number;
  /** Orders of a customer, oldest first. */
  ordersOf(customer: string): readonly KnownOrder[];
  /** Customers who may have ordered after a time, with all of their orders. */
  buyersAfter(time: number): Iterable<{ customer: string; orders: readonly KnownOrder[] }>;
}

/** Up to `max` customers of held-out orders, evenly spread. */
export function askedOf(heldOut: HeldOut, max: number): Asked {
  const { train, customers } = heldOut;
  const rows = spread(customers, max);
  const place = new Map(rows.map((row, i) => [row, i]));
  const targets: Partial<Record<EvaluationQuestion, Set<string>[]>> = {};
  for (const question of questions) {
    const all = targetsOf(heldOut, question);
    const sets = rows.map(() => new Set<string>());
    for (const [i, row] of all.customers.entries()) {
      const own = sets[place.get(row) ?? -1];
      if (!own) continue;
      for (let at = all.offsets[i]; at < all.offsets[i + 1]; at++) own.add(train.products[all.products[at]]);
    }
    if (sets.some(({ size }) => size > 0)) targets[question] = sets;
  }
  return { customers: rows.map((row) => train.customers[row]), targets };
}

/** Up to `max` customers who ordered, evenly spread, of whom nothing is to be predicted. */
export function anyoneOf({ customers, purchases: { offsets } }: Dataset, max: number): Asked {
  return {
    customers: spread(
      customers.filter((_, row) => offsets[row + 1] > offsets[row]),
      max,
    ),
    targets: {},
  };
}

/**
 * The orders of a dataset, all of which are known; undefined without a history.
 *
 * @param until when what is to be predicted begins: all of them are earlier.
 */
export function knownOf({ customers, products, history }: Dataset, until: number): Known | undefined {
  if (!history) return undefined;
  const { offsets, starts, products: rows, quantities, times } = history;
  let rowOf: Map<string, number> | undefined;

  function ordersOf(row: number): KnownOrder[] {
    const orders: KnownOrder[] = [];
    for (let order = offsets[row]; order < offsets[row + 1]; order++) {
      const units = new Map<string, number>();
      for (let line = starts[order]; line < starts[order + 1]; line++)
        units.set(products[rows[line]], quantities?.[line] ?? 1);
      orders.push({ time: times?.[order] ?? Number.NaN, units });
    }
    return orders;
  }

  return {
    until,
    ordersOf(customer) {
      rowOf ??= new Map(customers.map((id, row) => [id, row]));
      const row = rowOf.get(customer);
      return row === undefined ? [] : ordersOf(row);
    },
    *buyersAfter(time) {
      for (const [row, customer] of customers.entries()) {
        const last = offsets[row + 1] - 1;
        if (last >= offsets[row] && (times?.[last] ?? Number.NaN) > time) yield { customer, orders: ordersOf(row) };
      }
    },
  };
}

/** At most so many, evenly spread. */
export function spread<T>(all: ArrayLike<T>, max: number): T[] {
  const size = Math.min(all.length, max);
  return Array.from({ length: size }, (_, i) => all[Math.floor((i * all.length) / size)]);
}
