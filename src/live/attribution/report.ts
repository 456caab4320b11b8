/** How often lists lead to purchases. */
import { dayMs } from '../../orders/times/calendar.ts';
import type { ShownList } from '../store/store.ts';
import type { BoughtLine } from './attributed.ts';
import { rateOf } from './interval.ts';
import type { Outcome } from './outcomes.ts';
import { addRatio, noRatioSums, type RatioSums } from './ratio.ts';

/** What came of lists. */
export interface AttributionCounts {
  /** Lists that were shown. */
  lists: number;
  /** Customers to whom. */
  customers: number;
  /** Lists from which something was bought. */
  boughtFrom: number;
  /** Their share; absent without lists. */
  rate?: number;
  /** The 95 % interval of the rate; lists of one customer are not independent, which makes it wider. */
  interval?: [number, number];
  /** Products of orders that followed a list, and their units, less what was sent back. */
  products: number;
  units: number;
  /** Products that the customer had not bought before. */
  newProducts: number;
  /** What the units cost at the prices of today, as far as these are known. */
  revenue: number;
  /** Products whose price nobody knows. */
  unpriced: number;
}

/** What came of the lists of the last days, in all and by what they were. */
export interface AttributionReport {
  /** The days whose lists are counted, and how long after a list a purchase may come. */
  days: number;
  attributionDays: number;
  /** The first and the last moment that count, in milliseconds since 1970 UTC. */
  from: number;
  until: number;
  total: AttributionCounts;
  byKind: Record<string, AttributionCounts>;
  /** Of lists with a scenario. */
  byScenario: Record<string, AttributionCounts>;
  /** Of lists for customers and baskets. */
  bySource: Record<string, AttributionCounts>;
  /** By the version of the model. */
  byModel: Record<string, AttributionCounts>;
}

/** What a report asks of the shop. */
export interface ReportedShop {
  /** Undefined if nobody says it. */
  priceOf(product: string): number | undefined;
  /** Whether the customer bought the product before this line. */
  hadBefore(outcome: Outcome, line: BoughtLine): boolean;
}

interface Sums extends Pick<AttributionCounts, 'products' | 'units' | 'newProducts' | 'revenue' | 'unpriced'> {
  grouped: RatioSums;
}

/** By what lists are grouped. */
const groupings = {
  byKind: ({ kind }: ShownList) => kind,
  byScenario: ({ scenario }: ShownList) => scenario,
  bySource: ({ source }: ShownList) => source,
  byModel: ({ model }: ShownList) => model,
};
const names = Object.keys(groupings) as (keyof typeof groupings)[];

/** Counts what came of the lists that were shown from `from` to `until`, both in milliseconds since 1970 UTC. */
export async function reportOn(
  outcomes: AsyncIterable<Outcome>,
  { from, until, attributionDays }: Pick<AttributionReport, 'from' | 'until' | 'attributionDays'>,
  { priceOf, hadBefore }: ReportedShop,
): Promise<AttributionReport> {
  const total = newSums();
  const groups = Object.fromEntries(names.map((name) => [name, new Map<string, Sums>()])) as Record<
    (typeof names)[number],
    Map<string, Sums>
  >;

  function sumsOf(list: ShownList): Sums[] {
    const sums = [total];
    for (const name of names) {
      const key = groupings[name](list);
      if (key === undefined) continue;
      const known = groups[name].get(key) ?? newSums();
      groups[name].set(key, known);
      sums.push(known);
    }
    return sums;
  }

  for await (const outcome of outcomes) {
    const counts = (list: ShownList) => list.time >= from && list.time <= until;
    const bought = outcome.lines.filter((line) => line.list !== undefined && line.units > 0 && counts(line.list));
    const boughtFrom = new Set(bought.map(({ list }) => list));
    /** Of this customer: lists, and lists that were bought from. */
    const own = new Map<Sums, [of: number, hits: number]>();
    for (const list of outcome.lists) {
      if (!counts(list)) continue;
      for (const sums of sumsOf(list)) {
        const [of, hits] = own.get(sums) ?? [0, 0];
        own.set(sums, [of + 1, hits + Number(boughtFrom.has(list))]);
      }
    }
    for (const [sums, [of, hits]] of own) addRatio(sums.grouped, hits, of);
    for (const line of bought) {
      const price = priceOf(line.product);
      const isNew = !hadBefore(outcome, line);
      for (const sums of sumsOf(line.list!)) {
        sums.products++;
        sums.units += line.units;
        if (isNew) sums.newProducts++;
        if (price === undefined) sums.unpriced++;
        else sums.revenue += price * line.units;
      }
    }
  }
  const of = (name: (typeof names)[number]) =>
    Object.fromEntries(
      [...groups[name]].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, sums]) => [key, countsOf(sums)]),
    );
  return {
    ...{ days: (until - from) / dayMs, attributionDays, from, until, total: countsOf(total) },
    ...{ byKind: of('byKind'), byScenario: of('byScenario'), bySource: of('bySource'), byModel: of('byModel') },
  };
}

function newSums(): Sums {
  return { grouped: noRatioSums(), products: 0, units: 0, newProducts: 0, revenue: 0, unpriced: 0 };
}

function countsOf({ grouped, revenue, ...sums }: Sums): AttributionCounts {
  return {
    ...{ lists: grouped.x, customers: grouped.customers, boughtFrom: grouped.y },
    ...rateOf(grouped),
    ...sums,
    // Sums of prices have more digits than money.
    revenue: Math.round(revenue * 100) / 100,
  };
}
