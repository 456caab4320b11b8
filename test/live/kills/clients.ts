/** What the clients of a shop do in the tests of kills: seeded, each with customers, orders, and products of its own. */
import type { Random } from '../../../src/random.ts';
import type { Call, Ledger, PurchasesCall, WireLine } from './ledger.ts';

export interface Client {
  /** What to do next: calls that are sent at the same time. */
  next(): Call[];
}

export interface ClientOptions {
  /** Begins every name that the client makes. */
  name: string;
  random: Random;
  ledger: Ledger;
  /** Customers of the model who are this client's, and products that others leave alone. */
  customers: readonly string[];
  products: readonly string[];
  /** What is bought. */
  assortment: readonly string[];
}

export function createClient({ name, random, ledger, customers, products, assortment }: ClientOptions): Client {
  const current = [...customers];
  const sent: PurchasesCall[] = [];
  /** Products by order, as what has no key may name each once; returns apart. */
  const named = new Map<string, Set<string>>();
  let made = 0;

  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const nameOf = (what: string) => `${what}-${name}-${made++}-end`;
  const newOrder = (customer: string) => ({ user_id: customer, order_id: nameOf(`order-of-${customer}`) });
  const customer = () => {
    if (random.below(4) === 0) current.push(nameOf('customer'));
    return pick(current);
  };
  const keyed = () => (random.below(2) === 0 ? { key: nameOf('key') } : {});

  function purchases(lines: Omit<WireLine, 'recommendation_id'>[], options: { key?: string } = {}): PurchasesCall {
    const tag = nameOf('request');
    const call = {
      ...{ kind: 'purchases' as const, tag, ...options },
      lines: lines.map((line) => ({ ...line, recommendation_id: tag })),
    };
    sent.push(call);
    return call;
  }

  /** Lines of products that the order has not. */
  function lines(order: { user_id: string; order_id: string }, count: number) {
    const names = named.get(order.order_id) ?? new Set();
    named.set(order.order_id, names);
    const time =
      random.below(3) === 0 ? { time: new Date(Date.now() - random.below(30 * 86_400_000)).toISOString() } : {};
    return Array.from({ length: count }, () => {
      let product = pick(assortment);
      while (names.has(product)) product = pick(assortment);
      names.add(product);
      return { ...order, product_id: product, quantity: 1 + random.below(3), ...time };
    });
  }

  /** A request that was acknowledged and has all its lines. */
  function known(): PurchasesCall | undefined {
    const call = sent[random.below(Math.max(1, sent.length))];
    return call && ledger.has(call.tag) ? call : undefined;
  }

  const actions: [weight: number, act: () => Call[]][] = [
    [30, () => [purchases(lines(newOrder(customer()), 1 + random.below(4)))]],
    [
      // The same product twice, which only a key allows.
      18,
      () => {
        const some = lines(newOrder(customer()), 1 + random.below(3));
        return [purchases([...some, some[0]], { key: nameOf('key') })];
      },
    ],
    [2, () => [purchases([...lines(newOrder(customer()), 2), ...lines(newOrder(customer()), 2)], keyed())]],
    [
      10,
      () => {
        const order = newOrder(customer());
        return Array.from({ length: 2 + random.below(2) }, () => purchases(lines(order, 2), keyed()));
      },
    ],
    [
      8,
      () => {
        const before = known();
        if (!before) return [];
        const { user_id, order_id } = before.lines[0];
        return [purchases(lines({ user_id, order_id }, 1 + random.below(2)), keyed())];
      },
    ],
    [
      7,
      () => {
        const { user_id, order_id, product_id, quantity } = known()?.lines[0] ?? {};
        const names = named.get(order_id ?? '');
        if (!names || names.has(`return of ${product_id}`)) return [];
        names.add(`return of ${product_id}`);
        return [purchases([{ user_id, order_id, product_id, quantity: -quantity! } as WireLine])];
      },
    ],
    [14, () => [known() ?? []].flat()],
    [
      8,
      () => {
        const call = purchases(lines(newOrder(customer()), 2), keyed());
        return [call, call];
      },
    ],
    [
      8,
      () => {
        const method = random.below(2) === 0 ? 'PUT' : 'PATCH';
        const given = new Set(Array.from({ length: 1 + random.below(5) }, () => pick(products)));
        const entries = Array.from(given, (product) => ({
          product,
          fields: { available: random.below(3) > 0, ...(random.below(2) === 0 && { price: random.below(1000) / 10 }) },
        }));
        return [{ kind: 'products', method, entries }];
      },
    ],
    [
      5,
      () => {
        if (current.length < 3) return [];
        const place = random.below(current.length);
        const [gone] = random.below(5) === 0 ? [current[place]] : current.splice(place, 1);
        return [{ kind: 'erasure', customer: gone }];
      },
    ],
  ];

  return {
    next() {
      for (;;) {
        const calls = weighted(random, actions)();
        if (calls.length > 0) return calls;
      }
    },
  };
}

function weighted<T>(random: Random, choices: readonly [weight: number, choice: T][]): T {
  let left = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, choice] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  return choices[0][1];
}
