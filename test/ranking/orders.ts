/** Orders whose signals can be worked out by hand. */
export const day = (n: number) => new Date(Date.UTC(2024, 0, n));

export const linesOf = (customer: string, ordered_at: Date | string, products: string) =>
  [...products].map((product) => ({ customer, order: String(ordered_at), ordered_at, product, quantity: 2 }));

/** Ann buys x three times, y twice and z once; Bob buys y once, at the end. */
export const orders = [
  ...linesOf('ann', day(1), 'xy'),
  ...linesOf('ann', day(2), 'x'),
  ...linesOf('ann', day(30), 'xz'),
  ...linesOf('ann', day(31), 'y'),
  ...linesOf('bob', day(40), 'y'),
];
