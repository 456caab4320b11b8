/** A shop whose customers are known: what each of them buys, and how likely. Products and tastes are those of the sample shop. */
import { createRandom, type Random } from '../../../src/random.ts';
import { brands, categories, createProducts, type SampleProduct, tastes } from '../../../src/sample/products.ts';

export const dayMs = 86_400_000;

export interface WorldOptions {
  customers: number;
  onlookers: number;
  products: number;
  /** Days of orders before the week, and how many orders a customer makes then on average. */
  historyDays: number;
  historyOrders: number;
  seed: number;
}

export interface Customer {
  /** Looks like no other text, so that it can be looked for in files. */
  readonly id: string;
  /** Proportional to how often they come; 1 on average. */
  readonly activity: number;
  /** By product: the probability that this is what they want next. They sum to 1. */
  readonly affinity: Float64Array;
  /** Whether they have ordered before the week. */
  readonly isKnown: boolean;
  /** Whether they look at lists; others order by telephone. */
  readonly looks: boolean;
  /** Draws what they want next, the index of a product. */
  wish(random: Random): number;
}

export interface Line {
  readonly customer: string;
  readonly order: string;
  readonly product: SampleProduct;
  readonly time: number;
}

export interface World {
  readonly products: readonly SampleProduct[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly customers: readonly Customer[];
  /** Customers who have ordered before the week, and do not come in it. */
  readonly onlookers: readonly Customer[];
  /** All orders before a moment, by time. */
  history(end: number): Line[];
  /** How likely a customer who sees a product in a list buys it. */
  buysSeen(customer: Customer, product: number): number;
}

/** Who wants nothing but a product buys it in six of ten cases if they see it. */
const eagerness = 1;
/** The share of wants that are what was bought before. */
const againShare = 0.25;
const newcomers = 0.08;
const telephoners = 0.2;
/** How much customers care for the first, second, and third of their tastes, and of their brands. */
const favorites = [0.8, 0.15, 0.05];
const otherTaste = 0.08;
const otherBrand = 0.25;

export function createWorld(options: WorldOptions): World {
  const { customers, onlookers, products: count, historyDays, historyOrders, seed } = options;
  const random = createRandom(seed);
  const products = createProducts(count, historyDays, random).map((product) => ({ ...product, launchDay: 0 }));
  const shares = sharesOf(products);
  const people = Array.from({ length: customers + onlookers }, (_, i): Customer => {
    const affinity = affinityOf(products, shares, random);
    return {
      id: `shopper-${10_000 + i}@shop.example`,
      activity: 0.3 - 0.7 * Math.log(1 - random.uniform()),
      affinity,
      isKnown: random.uniform() >= newcomers || i >= customers,
      looks: random.uniform() >= telephoners,
      wish: samplerOf(affinity),
    };
  });

  function history(end: number): Line[] {
    const lines: Line[] = [];
    for (const { id, activity, isKnown, wish } of people) {
      if (!isKnown) continue;
      const bought: number[] = [];
      const orders = Math.max(1, Math.round(activity * historyOrders));
      const times = Array.from({ length: orders }, () => end - Math.floor(random.uniform() * historyDays * dayMs) - 1);
      for (const [i, time] of times.sort((a, b) => a - b).entries()) {
        const wanted = new Set<number>();
        for (let wishes = wishesOf(random); wishes > 0; wishes--) {
          const isAgain = bought.length > 0 && random.uniform() < againShare;
          wanted.add(isAgain ? bought[random.below(bought.length)] : wish(random));
        }
        bought.push(...wanted);
        const order = `h-${id.slice(8, 13)}-${i}`;
        for (const product of wanted) lines.push({ customer: id, order, product: products[product], time });
      }
    }
    return lines.sort((a, b) => a.time - b.time);
  }

  return {
    products,
    indexOf: new Map(products.map(({ id }, index) => [id, index])),
    customers: people.slice(0, customers),
    onlookers: people.slice(customers),
    history,
    buysSeen: ({ affinity }, product) => 1 - Math.exp(-eagerness * affinity[product]),
  };
}

function samplerOf(shares: Float64Array): (random: Random) => number {
  let sum = 0;
  const until = shares.map((share) => (sum += share));
  return (random) => {
    const place = random.uniform() * sum;
    let [low, high] = [0, until.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (until[middle] > place) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** How many products somebody wants at a time. */
export function wishesOf(random: Random): number {
  let wishes = 1;
  while (wishes < 8 && random.uniform() < 0.5) wishes++;
  return wishes;
}

/** The orders as an export of the shop. */
export function csvOf(lines: readonly Line[]): string {
  const rows = lines.map(({ customer, order, product, time }) => {
    const name = `"${product.name.replaceAll('"', '""')}"`;
    const cells = [order, customer, product.id, name, `"${categories[product.category].name}"`, '1'];
    return [...cells, (product.price / 100).toFixed(2), new Date(time).toISOString()].join(',');
  });
  return `order_id,customer_id,product_id,product_name,category,quantity,price,ordered_at\n${rows.join('\n')}\n`;
}

/** By category and brand, the popularity of all its products. */
function sharesOf(products: readonly SampleProduct[]): Float64Array[] {
  const sums = categories.map(() => new Float64Array(brands.length));
  for (const { category, brand, popularity } of products) sums[category][brand] += popularity;
  return sums;
}

/** What somebody with three tastes and three brands wants, as the sample shop has it: a category, then a brand, then a product. */
function affinityOf(products: readonly SampleProduct[], shares: readonly Float64Array[], random: Random): Float64Array {
  const ofCategory = new Float64Array(categories.length);
  const addTaste = (taste: number, weight: number) => {
    const weights = categories.map(({ code }) => (tastes[taste][code] ?? 0) + 0.15);
    const sum = weights.reduce((a, b) => a + b);
    for (const [category, each] of weights.entries()) ofCategory[category] += (weight * each) / sum;
  };
  const ofBrand = new Float64Array(brands.length).fill(otherBrand / brands.length);
  for (const share of favorites) {
    addTaste(random.below(tastes.length), share * (1 - otherTaste));
    ofBrand[random.below(brands.length)] += share * (1 - otherBrand);
  }
  for (const taste of tastes.keys()) addTaste(taste, otherTaste / tastes.length);
  return Float64Array.from(products, ({ category, brand, popularity }) => {
    const all = shares[category].reduce((a, b) => a + b);
    // Who wants a brand that the category does not have takes any.
    const anyBrand = ofBrand.reduce((sum, weight, b) => sum + (shares[category][b] === 0 ? weight : 0), 0);
    return ofCategory[category] * popularity * (ofBrand[brand] / shares[category][brand] + anyBrand / all);
  });
}
