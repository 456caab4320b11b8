/** What the world knows of an experiment: how many customers would buy from the lists of each arm. */
import type { Customer, World } from './world.ts';

interface Shown {
  readonly time: number;
  readonly products: ReadonlySet<number>;
}

/** What becomes of a customer in one arm. */
interface Course {
  /** The probability that they have bought nothing that a list had. */
  misses: number;
  readonly shown: Shown[];
}

export interface Truth<Arm extends string> {
  /** A customer looks at a list: what it has in each arm, as indices of products. */
  looks(customer: Customer, time: number, lists: Readonly<Record<Arm, readonly number[]>>): void;
  /** A customer looks at a list that is the same in all arms: what they buy from it may have been in those of the experiment. */
  looksElsewhere(customer: Customer, time: number, list: readonly number[]): void;
  /** A customer orders something they want, of which what `isGone` tells cannot be had. */
  orders(customer: Customer, time: number, wishes: number, isGone: (product: number) => boolean): void;
  forgets(customer: Customer): void;
  /** The share of the customers who looked at a list and would buy from one, if all were in the arm. */
  rates(): Record<Arm, number>;
}

/**
 * Follows every customer through all arms, with probabilities in place of what they did: who buys what they see, and what they
 * want besides, is drawn for each on its own. What a list has in the other arm is what the server says it would have; that
 * customers would have bought other things before that, there, is left out.
 */
export function createTruth<Arm extends string>({ buysSeen }: World, arms: readonly Arm[]): Truth<Arm> {
  const courses = new Map<Customer, Record<Arm, Course>>();

  const of = (customer: Customer): Record<Arm, Course> => {
    const known = courses.get(customer);
    if (known) return known;
    const made = Object.fromEntries(arms.map((arm) => [arm, { misses: 1, shown: [] }])) as unknown as Record<
      Arm,
      Course
    >;
    courses.set(customer, made);
    return made;
  };

  function seenBy({ shown }: Course, time: number): Set<number> {
    return new Set(shown.filter((list) => list.time <= time).flatMap(({ products }) => [...products]));
  }

  return {
    looks(customer, time, lists) {
      const own = of(customer);
      for (const arm of arms) {
        own[arm].shown.push({ time, products: new Set(lists[arm]) });
        for (const product of lists[arm]) own[arm].misses *= 1 - buysSeen(customer, product);
      }
    },
    looksElsewhere(customer, time, list) {
      const own = courses.get(customer);
      if (!own) return;
      for (const arm of arms) {
        const seen = seenBy(own[arm], time);
        for (const product of list) if (seen.has(product)) own[arm].misses *= 1 - buysSeen(customer, product);
      }
    },
    orders(customer, time, wishes, isGone) {
      const own = courses.get(customer);
      if (!own) return;
      for (const arm of arms) {
        let share = 0;
        for (const product of seenBy(own[arm], time)) if (!isGone(product)) share += customer.affinity[product];
        own[arm].misses *= (1 - share) ** wishes;
      }
    },
    forgets: (customer) => void courses.delete(customer),
    rates() {
      const rates = Object.fromEntries(arms.map((arm) => [arm, 0])) as Record<Arm, number>;
      for (const own of courses.values()) for (const arm of arms) rates[arm] += (1 - own[arm].misses) / courses.size;
      return rates;
    },
  };
}
