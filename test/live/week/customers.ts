/** What the customers of the week do: look, buy what they see, order what they want besides, and send back. */
import type { ReadableStore } from '../../../src/live/store/reading.ts';
import { createRandom, type Random, shuffle } from '../../../src/random.ts';
import { armOf, isHidden } from './experiments.ts';
import type { WeekServer } from './server.ts';
import type { Truth } from './truth.ts';
import type { ListAnswer, Seen, Witness } from './witness.ts';
import { type Customer, dayMs, type World, wishesOf } from './world.ts';

interface Parts {
  readonly world: World;
  readonly server: Pick<WeekServer, 'send'>;
  readonly witness: Witness;
  readonly truth: Truth<'popular' | 'taste'>;
  now(): number;
  list(id: string, scenario: string): Promise<{ answer: ListAnswer; seen: Seen }>;
}

interface WireLine {
  user_id: string;
  order_id: string;
  product_id: string;
  quantity: number;
  time?: number;
  recommendation_id?: string;
}

/** Products of a list. */
export const listLength = 10;
/** Visits at a time. */
const together = 6;
const soldOutEachDay = 4;
/** How often things happen in a visit, or with an order. */
const chances = { side: 0.4, order: 0.6, named: 0.7, twice: 0.06, late: 0.06, back: 0.04 };
const lateMs = 1.5 * dayMs;

export function createCustomers({ world, server, witness, truth, now, list }: Parts) {
  const { products, indexOf } = world;
  const gone = new Set<Customer>();
  let soldOut: string[] = [];
  /** What was acknowledged: a line in words, by customer. */
  const bought = new Map<Customer, Set<string>>();
  /** What the popular arm shows just now: the same to all. */
  let popular: readonly number[] | undefined;
  let [orders, lines] = [0, 0];

  const inWords = (order: string, product: string, quantity: number) => `${order} ${product} ${quantity}`;
  const rowsOf = ({ recommendations }: ListAnswer) => recommendations.map(({ product }) => indexOf.get(product)!);
  const hides = (id: string) => isHidden(products[indexOf.get(id)!]);
  const isGone = (product: number) => witness.isSoldOut(products[product].id);

  async function post(customer: Customer, sent: readonly WireLine[], isTwice: boolean): Promise<void> {
    for (let times = isTwice ? 2 : 1; times > 0; times--) {
      const { answer } = await server.send<{ accepted: number; duplicates: number }>('POST', '/purchases', {
        purchases: sent,
      });
      if (answer.accepted + answer.duplicates !== sent.length || (isTwice && times === 1 && answer.accepted > 0))
        witness.faults.push(`of ${sent.length} lines ${answer.accepted} were accepted, ${answer.duplicates} known`);
    }
    const own = bought.get(customer) ?? new Set();
    bought.set(customer, own);
    for (const { order_id, product_id, quantity } of sent) own.add(inWords(order_id, product_id, quantity));
    lines += sent.length;
  }

  async function order(
    customer: Customer,
    rows: Iterable<number>,
    random: Random,
    from?: string,
    time?: number,
  ): Promise<void> {
    const orderId = `w-${orders++}`;
    const named = from !== undefined && random.uniform() < chances.named ? { recommendation_id: from } : {};
    const sent = Array.from(
      rows,
      (row): WireLine => ({
        ...{
          user_id: customer.id,
          order_id: orderId,
          product_id: products[row].id,
          quantity: 1 + random.below(2),
          ...named,
        },
        ...(time !== undefined && { time }),
      }),
    );
    if (sent.length === 0) return;
    await post(customer, sent, random.uniform() < chances.twice);
    if (random.uniform() >= chances.back) return;
    await post(
      customer,
      [{ user_id: customer.id, order_id: `C${orderId}`, product_id: sent[0].product_id, quantity: -1 }],
      false,
    );
  }

  async function buySeen(customer: Customer, answer: ListAnswer, random: Random): Promise<void> {
    const wanted = rowsOf(answer).filter((row) => random.uniform() < world.buysSeen(customer, row));
    await order(customer, wanted, random, answer.recommendation_id);
  }

  async function lookAtFront(customer: Customer, random: Random): Promise<void> {
    const arm = armOf.taste(customer.id);
    const { answer, seen } = await list(customer.id, 'front');
    witness.list(answer, seen, { n: listLength, arm, hides });
    const own = rowsOf(answer);
    if (arm === 'popular') popular = own;
    const without = arm === 'popular' ? await list(customer.id, 'shadow') : undefined;
    if (without) witness.list(without.answer, without.seen, { n: listLength, hides });
    truth.looks(customer, now(), { popular: popular!, taste: without ? rowsOf(without.answer) : own });
    await buySeen(customer, answer, random);
  }

  async function lookAtSide(customer: Customer, random: Random): Promise<void> {
    const { answer, seen } = await list(customer.id, 'side');
    witness.list(answer, seen, { n: listLength, arm: armOf.same(customer.id) });
    truth.looksElsewhere(customer, now(), rowsOf(answer));
    await buySeen(customer, answer, random);
  }

  async function orderBesides(customer: Customer, random: Random): Promise<void> {
    const time = random.uniform() < chances.late ? Math.floor(now() - lateMs) : undefined;
    const wishes = wishesOf(random);
    truth.orders(customer, time ?? now(), wishes, isGone);
    const wanted = new Set(Array.from({ length: wishes }, () => customer.wish(random)).filter((row) => !isGone(row)));
    await order(customer, wanted, random, undefined, time);
  }

  async function visit(customer: Customer, seed: number): Promise<void> {
    const random = createRandom(seed);
    if (customer.looks) await lookAtFront(customer, random);
    if (customer.looks && random.uniform() < chances.side) await lookAtSide(customer, random);
    if (!customer.looks || random.uniform() < chances.order) await orderBesides(customer, random);
  }

  return {
    /** Customers who come now, a few at a time. @param share of all, on average. */
    async come(share: number, random: Random): Promise<void> {
      const coming = world.customers.filter(
        (customer) => random.uniform() < share * customer.activity && !gone.has(customer),
      );
      shuffle(coming, random);
      const visits = coming.map((customer) => ({ customer, seed: random.below(2 ** 31) }));
      // So that what the popular arm shows is known to all.
      const first = visits.findIndex(({ customer }) => customer.looks && armOf.taste(customer.id) === 'popular');
      const [{ customer, seed }] = visits.splice(first, 1);
      await visit(customer, seed);
      const visiting = async () => {
        for (let next = visits.pop(); next; next = visits.pop()) await visit(next.customer, next.seed);
      };
      await Promise.all(Array.from({ length: together }, visiting));
    },
    /** Ids of products that sell well and are sold out from now on. */
    soldOutToday(random: Random): string[] {
      const some = [...products.keys()].filter((row) => products[row].popularity > 0.15 && !isHidden(products[row]));
      shuffle(some, random);
      soldOut = some.slice(0, soldOutEachDay).map((row) => products[row].id);
      return soldOut;
    },
    soldOut: () => soldOut,
    /** Of those whom the orders have, the one who bought most in the week. */
    best(): Customer {
      const known = [...bought].filter(([{ isKnown }]) => isKnown);
      return known.reduce((best, next) => (next[1].size > best[1].size ? next : best))[0];
    },
    /** Does not come any more. */
    forget(customer: Customer): void {
      gone.add(customer);
      bought.delete(customer);
      truth.forgets(customer);
    },
    /** Lines that were acknowledged. */
    purchases: () => lines,
    /** What is wrong with a store: it has what was acknowledged, each line once, and nothing else. */
    async compareWith(store: ReadableStore): Promise<string[]> {
      const expected = new Set<string>();
      for (const [{ id }, own] of bought) for (const line of own) expected.add(`${id} ${line}`);
      const faults: string[] = [];
      let count = 0;
      for (let seq = 0; ; ) {
        const page = await store.purchasesAfter(seq, 1000);
        for (const { customer, order, product, quantity } of page) {
          if (!expected.delete(`${customer} ${inWords(order, product, quantity)}`)) count++;
        }
        if (page.length < 1000) break;
        seq = page.at(-1)!.seq;
      }
      await store.close();
      if (count > 0) faults.push(`the store has ${count} lines that nobody bought, or twice`);
      if (expected.size > 0) faults.push(`the store has not ${expected.size} lines that were acknowledged`);
      return faults;
    },
  };
}
