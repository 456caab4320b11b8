/** What `readOrders` makes of order ids, in the slow and obvious way. */

const maxGap = 7 * 86_400_000;

/**
 * The number of the order of each line of one customer and order id: lines are apart after a gap of more than 7 days, and
 * those without a time (NaN) are in the latest order.
 */
export function ordersApart(times: readonly number[]): number[] {
  const known = times.filter((time) => !Number.isNaN(time)).sort((a, b) => a - b);
  const begins = known.filter((time, i) => i > 0 && time - known[i - 1] > maxGap);
  return times.map((time) => (Number.isNaN(time) ? begins.length : begins.filter((begin) => begin <= time).length));
}

/**
 * Fifty orders of customers that no other record has. Beside them, a few orders with an id of C and digits are cancelled;
 * without them, they are too many for that.
 */
export const otherOrders = Array.from({ length: 50 }, (_, i) => ({
  customer: `other ${i}`,
  product: `other ${i % 7}`,
  quantity: '1',
  order: `other ${i}`,
  date: '',
  name: '',
}));
