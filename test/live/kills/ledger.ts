/** What clients sent to a shop and what it acknowledged, to compare with what its store has after a kill. */
import type { CatalogueEntry, ShopStore, StoredPurchase } from '../../../src/live/store/store.ts';

/** A line on the wire. Its recommendation names the request that brings it. */
export interface WireLine {
  user_id: string;
  order_id: string;
  product_id: string;
  quantity: number;
  time?: string;
  recommendation_id: string;
}

export interface PurchasesCall {
  kind: 'purchases';
  /** Names the request; it is in all of its lines. */
  tag: string;
  key?: string;
  lines: readonly WireLine[];
}

interface ProductsCall {
  kind: 'products';
  method: 'PUT' | 'PATCH';
  entries: readonly CatalogueEntry[];
}

interface ErasureCall {
  kind: 'erasure';
  customer: string;
}

export type Call = PurchasesCall | ProductsCall | ErasureCall;

/** All that a store has. */
export interface Snapshot {
  purchases: readonly StoredPurchase[];
  products: readonly CatalogueEntry[];
  erased: ReadonlySet<string>;
  hashOf: ShopStore['hashOf'];
}

export interface Ledger {
  faults: string[];
  /** Calls without an answer. */
  lost: readonly Call[];
  counts: { acknowledged: number; lost: number; lostWhole: number; duplicates: number; erasures: number };
  /** Who was erased, and of them who did not come back. */
  erased: ReadonlySet<string>;
  gone: ReadonlySet<string>;
  customers(): string[];
  /** Whether a request was acknowledged and nothing of it was erased. */
  has(tag: string): boolean;
  /** A call was answered with 200. */
  answered(call: Call, answer: { accepted?: number; duplicates?: number; purchases?: number }): void;
  lose(call: Call): void;
  /**
   * Compares a store with what was acknowledged. Calls without an answer must be in it whole, or not at all; what is there
   * counts as acknowledged from now on. Returns these calls.
   */
  compare(snapshot: Snapshot): Call[];
}

export async function snapshotOf(store: ShopStore): Promise<Snapshot> {
  const all = Number.MAX_SAFE_INTEGER;
  return {
    purchases: await store.purchasesAfter(0, all),
    products: await store.productsAfter(0, all),
    erased: new Set((await store.erasuresAfter(0)).map(({ hash }) => hash)),
    hashOf: store.hashOf,
  };
}

const text = ({ user_id, order_id, product_id, quantity }: WireLine) =>
  JSON.stringify([user_id, order_id, product_id, quantity]);
const storedText = ({ customer, order, product, quantity }: StoredPurchase) =>
  JSON.stringify([customer, order, product, quantity]);

export function createLedger(): Ledger {
  const faults: string[] = [];
  /** Lines by request. */
  const acknowledged = new Map<string, readonly WireLine[]>();
  /** Lines that answers said to be new, by request. */
  const accepted = new Map<string, number>();
  const sizes = new Map<string, number>();
  const products = new Map<string, Record<string, unknown>>();
  const everErased = new Set<string>();
  const gone = new Set<string>();
  let lost: Call[] = [];
  const counts = { acknowledged: 0, lost: 0, lostWhole: 0, duplicates: 0, erasures: 0 };

  function apply(call: Call): void {
    if (call.kind === 'purchases') {
      if (acknowledged.has(call.tag)) return;
      acknowledged.set(call.tag, call.lines);
      sizes.set(call.tag, call.lines.length);
      counts.acknowledged += call.lines.length;
      for (const { user_id } of call.lines) gone.delete(user_id);
    } else if (call.kind === 'products') {
      for (const { product, fields } of call.entries) products.set(product, changed(call.method, product, fields));
    } else {
      everErased.add(call.customer);
      gone.add(call.customer);
      counts.erasures++;
      for (const [tag, lines] of acknowledged) {
        const left = lines.filter(({ user_id }) => user_id !== call.customer);
        if (left.length < lines.length) acknowledged.set(tag, left);
      }
    }
  }

  function changed(method: 'PUT' | 'PATCH', product: string, fields: Readonly<Record<string, unknown>>) {
    const merged = { ...(method === 'PATCH' && products.get(product)), ...fields };
    return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  }

  function comparePurchases({ tag, lines }: PurchasesCall, rows: readonly StoredPurchase[]): void {
    const [expected, found] = [lines.map(text).sort(), rows.map(storedText).sort()];
    if (String(expected) !== String(found))
      faults.push(`${tag}: expected ${expected.join(' ')}; the store has ${found.join(' ') || 'nothing'}`);
    const times = new Set(rows.map(({ time }) => time));
    for (const { time } of lines)
      if (time !== undefined && !times.has(Date.parse(time))) faults.push(`${tag}: the time ${time} is gone`);
  }

  const sameFields = (a: object | undefined, b: object | undefined) =>
    JSON.stringify(a && Object.entries(a).sort()) === JSON.stringify(b && Object.entries(b).sort());

  return {
    faults,
    counts,
    erased: everErased,
    gone,
    get lost() {
      return lost;
    },
    customers: () => [...new Set([...acknowledged.values()].flat().map(({ user_id }) => user_id))],
    has: (tag) => acknowledged.has(tag) && acknowledged.get(tag)?.length === sizes.get(tag),
    answered(call, answer) {
      if (call.kind === 'purchases') {
        const { accepted: fresh = 0, duplicates = 0 } = answer;
        const size = call.lines.length;
        const total = (accepted.get(call.tag) ?? 0) + fresh;
        accepted.set(call.tag, total);
        counts.duplicates += duplicates;
        if (fresh + duplicates !== size || (fresh !== 0 && fresh !== size) || total > size)
          faults.push(`${call.tag} has ${size} lines: ${JSON.stringify(answer)}, ${total} accepted in all`);
      }
      apply(call);
    },
    lose(call) {
      counts.lost++;
      lost.push(call);
    },
    compare({ purchases, products: stored, erased, hashOf }) {
      const byTag = new Map<string, StoredPurchase[]>();
      for (const line of purchases) {
        const tag = String(line.recommendation);
        byTag.set(tag, [...(byTag.get(tag) ?? []), line]);
      }
      const buyers = new Set(purchases.map(({ customer }) => customer));
      const fieldsOf = new Map(stored.map(({ product, fields }) => [product, fields]));
      const isIn = (call: Call) => {
        // A request that was sent twice at once may have got one answer of two.
        if (call.kind === 'purchases') return acknowledged.has(call.tag) || byTag.has(call.tag);
        if (call.kind === 'erasure') return erased.has(hashOf(call.customer)) && !buyers.has(call.customer);
        return call.entries.every(({ product, fields }) =>
          sameFields(fieldsOf.get(product), changed(call.method, product, fields)),
        );
      };
      const unanswered = lost;
      lost = [];
      for (const call of unanswered.filter(isIn)) {
        counts.lostWhole++;
        apply(call);
        // Whoever sends it again hears of duplicates.
        if (call.kind === 'purchases') accepted.set(call.tag, call.lines.length);
      }

      for (const [tag, lines] of acknowledged)
        comparePurchases({ kind: 'purchases', tag, lines }, byTag.get(tag) ?? []);
      for (const tag of byTag.keys()) if (!acknowledged.has(tag)) faults.push(`${tag}: nobody acknowledged it`);
      for (const [product, fields] of products)
        if (!sameFields(fieldsOf.get(product), fields))
          faults.push(`${product}: expected ${JSON.stringify(fields)}, got ${JSON.stringify(fieldsOf.get(product))}`);
      for (const { product } of stored) if (!products.has(product)) faults.push(`${product}: nobody acknowledged it`);
      for (const customer of everErased)
        if (!erased.has(hashOf(customer))) faults.push(`${customer} is not erased any more`);
      for (const customer of gone) if (buyers.has(customer)) faults.push(`${customer} was erased and is back`);
      const places = purchases.map(({ seq }) => seq);
      if (places.some((seq, i) => i > 0 && seq <= places[i - 1])) faults.push('places do not ascend');
      return unanswered;
    },
  };
}
