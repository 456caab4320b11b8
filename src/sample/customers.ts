import { createSampler, type Random, shuffle } from '../random.ts';
import { brands, categories, type SampleProduct, tastes } from './products.ts';

export type Flaw = keyof typeof flaws;

export interface SampleLine {
  /** Index of the product. */
  product: number;
  /** Below zero for a return. */
  quantity: number;
  flaw: Flaw;
}

export interface SampleOrder {
  /** Index of the customer. */
  customer: number;
  lines: SampleLine[];
  /** Whether the customer did not sign in, which leaves the customer cell empty. */
  guest: boolean;
}

/** What is wrong with a line, and how often. Spreadsheets and data frames write whole numbers with `.0` (decimal). */
const flaws = {
  none: 0.977,
  'no quantity': 0.004,
  'unreadable quantity': 0.002,
  'no date': 0.002,
  'decimal quantity': 0.006,
  'decimal customer': 0.005,
  twice: 0.004,
};
const guestShare = 0.012;
const returnShare = 0.018;

/** How often each quantity is bought. */
const quantityWeights = { 1: 76, 2: 15, 3: 4, 4: 2, 6: 2, 12: 1 };

const habitsPerCustomer = 2;
const recentPerCustomer = 4;

/**
 * Invents customers with tastes, brands, and habits, and their orders day by day. Memory grows with the number of
 * customers, not of lines.
 *
 * @param months the month (0 to 11) of each day.
 * @returns `ordersOf(day, count)`, to be called once for each day, in order.
 */
export function createCustomers(
  products: readonly SampleProduct[],
  customers: number,
  months: readonly number[],
  random: Random,
) {
  const days = months.length;
  const chance = (p: number) => random.uniform() < p;
  const joins = new Int16Array(customers);
  const leaves = new Int16Array(customers).fill(days);
  const activity = new Float64Array(customers);
  /** Three taste groups and three brands of each customer, favorites first. */
  const tastesOf = new Uint8Array(customers * 3);
  const brandsOf = new Uint8Array(customers * 3);
  for (let c = 0; c < customers; c++) {
    if (chance(0.6)) joins[c] = random.below(days);
    if (chance(0.3)) leaves[c] = joins[c] + 1 + random.below(days - joins[c]);
    activity[c] = 1 / (random.uniform() + 0.02);
    for (let i = c * 3; i < c * 3 + 3; i++) {
      tastesOf[i] = random.below(tastes.length);
      brandsOf[i] = random.below(brands.length);
    }
  }
  const pickCustomer = createSampler(activity, random);
  const pickFlaw = createSampler(Object.values(flaws), random);
  const flawNames = Object.keys(flaws) as Flaw[];
  const pickQuantity = createSampler(Object.values(quantityWeights), random);
  const quantityValues = Object.keys(quantityWeights).map(Number);
  const pickByTaste = createTasteSampler(products, random);

  const recent = new Int32Array(customers * recentPerCustomer).fill(-1);
  const habitProduct = new Int32Array(customers * habitsPerCustomer).fill(-1);
  const habitPeriod = new Uint8Array(customers * habitsPerCustomer);
  const habitDue = new Int16Array(customers * habitsPerCustomer);
  /** Habits by the day on which they are due, and returns by the day on which they are sent back. */
  const dueHabits: number[][] = Array.from({ length: days }, () => []);
  const dueReturns: SampleOrder[][] = Array.from({ length: days }, () => []);

  function schedule(habit: number, day: number): void {
    habitDue[habit] = Math.min(day, days);
    if (day < days) dueHabits[day].push(habit);
  }

  function addLine(order: SampleOrder, product: number): void {
    order.lines.push({ product, quantity: quantityValues[pickQuantity()], flaw: flawNames[pickFlaw()] });
  }

  /** Only lines of known customers that survive any cleaning are sent back: a return needs its purchase. */
  function maybeSendBack({ customer, guest }: SampleOrder, { product, quantity, flaw }: SampleLine, day: number): void {
    if (guest || quantity < 0 || flaw !== 'none' || !chance(returnShare)) return;
    const back = day + 2 + random.below(28);
    const pieces = chance(0.6) ? quantity : 1 + random.below(quantity);
    const line: SampleLine = { product, quantity: -pieces, flaw: 'none' };
    if (back < days) dueReturns[back].push({ customer, guest: false, lines: [line] });
  }

  function addHabits(order: SampleOrder, day: number): void {
    for (let habit = order.customer * habitsPerCustomer; habit < (order.customer + 1) * habitsPerCustomer; habit++) {
      if (habitProduct[habit] < 0 || habitDue[habit] > day + 4) continue;
      if (!holds(order, habitProduct[habit])) addLine(order, habitProduct[habit]);
      if (chance(0.15)) habitProduct[habit] = -1;
      else schedule(habit, day + habitPeriod[habit] - 2 + random.below(5));
    }
  }

  function remember({ customer, guest }: SampleOrder, product: number, day: number): void {
    if (guest || !categories[products[product].category].consumable) return;
    recent[customer * recentPerCustomer + random.below(recentPerCustomer)] = product;
    const habit = customer * habitsPerCustomer + random.below(habitsPerCustomer);
    if (habitProduct[habit] >= 0 || !chance(0.1)) return;
    habitProduct[habit] = product;
    habitPeriod[habit] = 7 * (2 + random.below(6));
    schedule(habit, day + habitPeriod[habit]);
  }

  function addWishes(order: SampleOrder, day: number): void {
    let wishes = 1;
    while (wishes < 12 && chance(0.62)) wishes++;
    const own = order.customer * 3;
    const taste = tastesOf[own + rankOf(random.uniform())];
    for (let tries = 0; wishes > 0 && tries < 40; tries++) {
      let product = chance(0.2) ? recent[order.customer * recentPerCustomer + random.below(recentPerCustomer)] : -1;
      if (product < 0) {
        const brand = chance(0.75) ? brandsOf[own + rankOf(random.uniform())] : random.below(brands.length);
        product = pickByTaste(chance(0.08) ? random.below(tastes.length) : taste, brand);
      }
      const { launchDay, category } = products[product];
      const season = categories[category].months;
      if (launchDay > day || (season && !season.includes(months[day]) && chance(0.6))) continue;
      if (holds(order, product)) continue;
      addLine(order, product);
      remember(order, product, day);
      wishes--;
    }
    if (order.lines.length === 0) addLine(order, 0);
  }

  function someCustomer(day: number): number {
    let customer = pickCustomer();
    for (let tries = 0; tries < 30 && (joins[customer] > day || leaves[customer] <= day); tries++) {
      customer = pickCustomer();
    }
    return customer;
  }

  /** Orders with exactly `count` lines in total, shuffled; returns and habits that do not fit wait for the next day. */
  function ordersOf(day: number, count: number): SampleOrder[] {
    const orders: SampleOrder[] = [];
    let room = count;
    const admit = (order: SampleOrder) => {
      let fits = 0;
      for (const line of order.lines) {
        const copies = line.flaw === 'twice' ? 2 : 1;
        if (copies > room) break;
        room -= copies;
        fits++;
        maybeSendBack(order, line, day);
      }
      order.lines.length = fits;
      if (fits > 0) orders.push(order);
    };
    for (const order of dueReturns[day]) {
      if (room > 0) admit(order);
      else dueReturns[day + 1]?.push(order);
    }
    for (const habit of dueHabits[day]) {
      const customer = Math.floor(habit / habitsPerCustomer);
      if (habitDue[habit] !== day || habitProduct[habit] < 0 || leaves[customer] <= day) continue;
      if (room === 0) {
        schedule(habit, day + 1);
        continue;
      }
      const order: SampleOrder = { customer, lines: [], guest: false };
      addHabits(order, day);
      if (chance(0.5)) addWishes(order, day);
      admit(order);
    }
    dueReturns[day] = [];
    dueHabits[day] = [];
    while (room > 0) {
      const order: SampleOrder = { customer: someCustomer(day), lines: [], guest: chance(guestShare) };
      addWishes(order, day);
      admit(order);
    }
    shuffle(orders, random);
    return orders;
  }

  return { ordersOf };
}

function holds(order: SampleOrder, product: number): boolean {
  return order.lines.some((line) => line.product === product);
}

/** 0, 1, or 2: most of the time the first of three favorites. */
function rankOf(uniform: number): number {
  return uniform < 0.65 ? 0 : uniform < 0.9 ? 1 : 2;
}

/** Draws a product for a taste group, of the given brand if the category has it. */
function createTasteSampler(
  products: readonly SampleProduct[],
  random: Random,
): (taste: number, brand: number) => number {
  const pickOf = (keep: (product: SampleProduct) => boolean) => {
    const indices = [...products.keys()].filter((index) => keep(products[index]));
    if (indices.length === 0) return undefined;
    const pick = createSampler(
      indices.map((index) => products[index].popularity),
      random,
    );
    return () => indices[pick()];
  };
  const pickAny = pickOf(() => true)!;
  const samplers = categories.map((_, category) => {
    const pickInCategory = pickOf((product) => product.category === category) ?? pickAny;
    return brands.map((_, brand) => {
      return pickOf((product) => product.category === category && product.brand === brand) ?? pickInCategory;
    });
  });
  const pickCategory = tastes.map((taste) =>
    createSampler(
      categories.map(({ code }) => (taste[code] ?? 0) + 0.15),
      random,
    ),
  );
  return (taste, brand) => samplers[pickCategory[taste]()][brand]();
}
