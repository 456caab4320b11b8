import { createSampler, type Random, shuffle } from '../random.ts';
import { brands, categories, type SampleProduct, tastes } from './shop.ts';

export type Flaw = keyof typeof flaws;
export interface Line {
  product: number;
  quantity: number;
  flaw: Flaw;
}
export interface Order {
  customer: number;
  lines: Line[];
  /** Nobody signed in: the customer's cell is empty. */
  guest: boolean;
}

/** What goes wrong with a line, and how often; `.0` is what a spreadsheet or a data frame makes of a whole number. */
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

const quantities = { 1: 76, 2: 15, 3: 4, 4: 2, 6: 2, 12: 1 };

const habitsEach = 2;
const recentEach = 4;

/**
 * The customers, and what they put in their baskets day by day, to be asked for in order. `months` holds the month (0 to
 * 11) of every day. Memory grows with the customers, not with the lines.
 */
export function openShop(
  shelf: readonly SampleProduct[],
  customers: number,
  months: readonly number[],
  random: Random,
) {
  const days = months.length;
  const chance = (p: number) => random.uniform() < p;
  const joins = new Int16Array(customers);
  const leaves = new Int16Array(customers).fill(days);
  const activity = new Float64Array(customers);
  /** Each customer's taste groups and brands, the dearest first. */
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
  const pickQuantity = createSampler(Object.values(quantities), random);
  const quantityValues = Object.keys(quantities).map(Number);
  const pickByTaste = createTasteSampler(shelf, random);

  const recent = new Int32Array(customers * recentEach).fill(-1);
  const habitProduct = new Int32Array(customers * habitsEach).fill(-1);
  const habitPeriod = new Uint8Array(customers * habitsEach);
  const habitDue = new Int16Array(customers * habitsEach);
  /** Habits by the day on which they fall due, and returns by the day on which they come back. */
  const dueHabits: number[][] = Array.from({ length: days }, () => []);
  const dueReturns: Order[][] = Array.from({ length: days }, () => []);

  function schedule(habit: number, day: number): void {
    habitDue[habit] = Math.min(day, days);
    if (day < days) dueHabits[day].push(habit);
  }

  function addLine(order: Order, product: number): void {
    order.lines.push({ product, quantity: quantityValues[pickQuantity()], flaw: flawNames[pickFlaw()] });
  }

  /** Whatever is sent back was bought for good: by a known customer, in a line that survives any cleaning. */
  function maybeSendBack({ customer, guest }: Order, { product, quantity, flaw }: Line, day: number): void {
    if (guest || quantity < 0 || flaw !== 'none' || !chance(returnShare)) return;
    const back = day + 2 + random.below(28);
    const pieces = chance(0.6) ? quantity : 1 + random.below(quantity);
    const line: Line = { product, quantity: -pieces, flaw: 'none' };
    if (back < days) dueReturns[back].push({ customer, guest: false, lines: [line] });
  }

  function addHabits(order: Order, day: number): void {
    for (let habit = order.customer * habitsEach; habit < (order.customer + 1) * habitsEach; habit++) {
      if (habitProduct[habit] < 0 || habitDue[habit] > day + 4) continue;
      if (!holds(order, habitProduct[habit])) addLine(order, habitProduct[habit]);
      if (chance(0.15)) habitProduct[habit] = -1;
      else schedule(habit, day + habitPeriod[habit] - 2 + random.below(5));
    }
  }

  function remember({ customer, guest }: Order, product: number, day: number): void {
    if (guest || !categories[shelf[product].category].consumable) return;
    recent[customer * recentEach + random.below(recentEach)] = product;
    const habit = customer * habitsEach + random.below(habitsEach);
    if (habitProduct[habit] >= 0 || !chance(0.1)) return;
    habitProduct[habit] = product;
    habitPeriod[habit] = 7 * (2 + random.below(6));
    schedule(habit, day + habitPeriod[habit]);
  }

  function addWishes(order: Order, day: number): void {
    let wishes = 1;
    while (wishes < 12 && chance(0.62)) wishes++;
    const own = order.customer * 3;
    const taste = tastesOf[own + rankOf(random.uniform())];
    for (let tries = 0; wishes > 0 && tries < 40; tries++) {
      let product = chance(0.2) ? recent[order.customer * recentEach + random.below(recentEach)] : -1;
      if (product < 0) {
        const brand = chance(0.75) ? brandsOf[own + rankOf(random.uniform())] : random.below(brands.length);
        product = pickByTaste(chance(0.08) ? random.below(tastes.length) : taste, brand);
      }
      const { launchDay, category } = shelf[product];
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

  /** Orders that fill exactly `quota` rows, in no order; what finds no room waits for the next day. */
  function ordersOf(day: number, quota: number): Order[] {
    const orders: Order[] = [];
    let room = quota;
    const admit = (order: Order) => {
      let fits = 0;
      for (const line of order.lines) {
        const rows = line.flaw === 'twice' ? 2 : 1;
        if (rows > room) break;
        room -= rows;
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
      const customer = Math.floor(habit / habitsEach);
      if (habitDue[habit] !== day || habitProduct[habit] < 0 || leaves[customer] <= day) continue;
      if (room === 0) {
        schedule(habit, day + 1);
        continue;
      }
      const order: Order = { customer, lines: [], guest: false };
      addHabits(order, day);
      if (chance(0.5)) addWishes(order, day);
      admit(order);
    }
    dueReturns[day] = [];
    dueHabits[day] = [];
    while (room > 0) {
      const order: Order = { customer: someCustomer(day), lines: [], guest: chance(guestShare) };
      addWishes(order, day);
      admit(order);
    }
    shuffle(orders, random);
    return orders;
  }

  return { ordersOf };
}

function holds(order: Order, product: number): boolean {
  return order.lines.some((line) => line.product === product);
}

/** 0, 1 or 2: the first of three favorites most of the time. */
function rankOf(uniform: number): number {
  return uniform < 0.65 ? 0 : uniform < 0.9 ? 1 : 2;
}

/** A product for a taste group, of one brand where its category has that brand. */
function createTasteSampler(shelf: readonly SampleProduct[], random: Random): (taste: number, brand: number) => number {
  const pickOf = (keep: (product: SampleProduct) => boolean) => {
    const rows = [...shelf.keys()].filter((row) => keep(shelf[row]));
    if (rows.length === 0) return undefined;
    const pick = createSampler(
      rows.map((row) => shelf[row].popularity),
      random,
    );
    return () => rows[pick()];
  };
  const pickAny = pickOf(() => true)!;
  const cells = categories.map((_, category) => {
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
  return (taste, brand) => cells[pickCategory[taste]()][brand]();
}
