import type { Evidence } from './evidence.ts';
import { misfitOf } from './fit.ts';
import { belongsToOrder, dependence, isLineNumber } from './orders.ts';
import type { Role } from './roles.ts';

/** Columns whose content is looked at. */
export const maxLookedAt = 200;

/**
 * The columns that look like a role, although their names do not say so, the likeliest first. They are suggested, and never
 * chosen.
 *
 * @param taken the columns of other roles.
 */
export function columnsLike(role: Role, evidence: Evidence, taken: ReadonlyMap<Role, number>): number[] {
  const order = taken.get('order') ?? -1;
  const customer = taken.get('customer') ?? -1;
  // A name or a category may be all that there is of the product.
  const used = new Set(
    [...taken].filter(([other]) => other !== 'name' && other !== 'category').map(([, column]) => column),
  );
  const fitting: { column: number; score: number }[] = [];
  for (let column = 0; column < Math.min(evidence.look.names.length, maxLookedAt); column++) {
    if (used.has(column)) continue;
    if (misfitOf(role, column, undefined, evidence, { customer: -1, order, product: -1 }) !== undefined) continue;
    // What is the same for all records of a customer, such as a name, is not what they bought.
    const isOfCustomer = role === 'product' && customer !== -1 && dependence(evidence, customer, column).share >= 0.95;
    const score = isOfCustomer ? 0 : scoreOf(role, column, evidence, order);
    if (score > 0) fitting.push({ column, score });
  }
  return fitting.sort((a, b) => b.score - a.score || a.column - b.column).map(({ column }) => column);
}

/** How much a column looks like a role; 0 if it does not. */
function scoreOf(role: Role, column: number, evidence: Evidence, order: number): number {
  const { records, filled, distinct, numbers, money, dates, clocks, emails, words, zeros, smallNumbers, topShare } =
    evidence.of(column);
  if (filled < 0.3 * records || distinct < 2 || clocks > 0.5 || zeros > 0.5) return 0;
  const isCount = numbers > 0.9 && smallNumbers > 0.9 && money < 0.2 && dates === 0 && topShare > 0.1;
  if (role === 'quantity') {
    return isCount && !belongsToOrder(evidence, column, order) && !isLineNumber(evidence, column, order) ? topShare : 0;
  }
  if (isCount || dates > 0.5 || money > 0.3 || distinct === filled || filled >= 100 * distinct) return 0;
  const isOfOrder = belongsToOrder(evidence, column, order);
  if (role === 'customer') return emails > 0.5 ? 3 : order !== -1 && !isOfOrder ? 0 : words > 0.5 ? 1 : 0.5;
  return isOfOrder || emails > 0.1 || (numbers > 0.9 && distinct < 10) ? 0 : words > 0.5 ? 2 : 1;
}
