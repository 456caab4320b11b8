/** The best of many. */

interface Best<One> {
  offer(one: One): void;
  /** Best first; what ties is in the order in which it was offered. */
  all(): readonly One[];
}

/** Keeps the best of what is offered, `limit` of them. What is not better than any of these costs one comparison. */
export function createBest<One>(limit: number, isBetter: (one: One, other: One) => boolean): Best<One> {
  const best: One[] = [];
  return {
    offer(one) {
      if (best.length === limit && !isBetter(one, best[limit - 1])) return;
      let place = best.length;
      while (place > 0 && isBetter(one, best[place - 1])) place--;
      best.splice(place, 0, one);
      if (best.length > limit) best.pop();
    },
    all: () => best,
  };
}
