/** What the look shows of a column in relation to orders, and of two columns to each other. */
import type { Evidence } from './evidence.ts';

/** Orders of several records that must agree before a column is taken to belong to the order. */
const enoughOrders = 3;
/** Two records of an order agree by chance as often as any two records; all of them must be less likely than this. */
const chance = 0.005;
const nearlyAll = 0.95;

/** Whether a column counts the records of each order: 1, 2, 3, or 10, 20, 30, or from 0. */
export function isLineNumber(evidence: Evidence, column: number, orderColumn: number): boolean {
  const texts = evidence.texts(column);
  if (evidence.of(column).numbers < nearlyAll) return false;
  const groups = orderColumn === -1 ? countedGroups(texts) : evidence.orders(orderColumn);
  const several = groups.filter((records) => records.length > 1);
  if (several.length < enoughOrders) return false;
  const counts = several.filter((records) => isCounted(records.map((record) => Number(texts[record]))));
  const records = counts.reduce((sum, { length }) => sum + length, 0);
  const singles = groups.filter((records) => records.length === 1).map(([record]) => Number(texts[record!]));
  const first = Math.min(...(counts[0] ?? []).map((record) => Number(texts[record])));
  // An order with one record has the first number.
  const starts = singles.filter((number) => number === first).length;
  return records + starts >= nearlyAll * groups.reduce((sum, { length }) => sum + length, 0);
}

/** Whether numbers, in any order, are the first ones of an even count. */
function isCounted(numbers: readonly number[]): boolean {
  const sorted = [...numbers].sort((a, b) => a - b);
  const step = sorted[1]! - sorted[0]!;
  if (!(step > 0) || (sorted[0] !== step && sorted[0] !== 0)) return false;
  return sorted.every((number, index) => number === sorted[0]! + index * step);
}

/** Without an order column, a count begins wherever the number does not grow. */
function countedGroups(texts: readonly string[]): number[][] {
  const groups: number[][] = [];
  texts.forEach((text, record) => {
    if (record > 0 && Number(text) > Number(texts[record - 1])) groups.at(-1)!.push(record);
    else groups.push([record]);
  });
  return groups;
}

/**
 * Whether a column says something about the order and nothing about its lines: it is the same in all records of an order,
 * which chance does not explain, or it is filled in the first record only.
 */
export function belongsToOrder(evidence: Evidence, column: number, orderColumn: number): boolean {
  if (orderColumn === -1 || orderColumn === column) return false;
  const codes = evidence.codes(column);
  const { filled } = evidence.of(column);
  const several = evidence.orders(orderColumn).filter((records) => records.length > 1);
  if (several.length < enoughOrders) return false;
  const firstOnly = several.filter(
    ([first, ...rest]) => codes[first!] !== -1 && rest.every((record) => codes[record] === -1),
  );
  if (firstOnly.length >= nearlyAll * several.length) return true;
  const counts = new Map<number, number>();
  for (const code of codes) if (code !== -1) counts.set(code, (counts.get(code) ?? 0) + 1);
  let agreement = 0;
  for (const count of counts.values()) agreement += (count / filled) ** 2;
  const pairs = several.reduce((sum, records) => sum + records.length - 1, 0);
  const agrees = several.every((records) => records.every((record) => codes[record] === codes[records[0]!]));
  return agrees && agreement ** pairs < chance;
}

/** The share of records whose value of one column always comes with the same value of the other, of values that repeat. */
export function dependence(evidence: Evidence, on: number, column: number): { share: number; records: number } {
  const keys = evidence.codes(on);
  const values = evidence.codes(column);
  const usual = new Map<number, Map<number, number>>();
  keys.forEach((key, record) => {
    if (key === -1 || values[record] === -1) return;
    if (!usual.has(key)) usual.set(key, new Map());
    const counts = usual.get(key)!;
    counts.set(values[record]!, (counts.get(values[record]!) ?? 0) + 1);
  });
  let records = 0;
  let same = 0;
  for (const counts of usual.values()) {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (total < 2) continue;
    records += total;
    same += Math.max(...counts.values());
  }
  return { share: records === 0 ? 1 : same / records, records };
}

/**
 * Whether the records of each value have one customer, as those of an order have, and those of a kind, such as a type of payment,
 * do not. Undefined if the customers do not tell, since there is no more than one.
 */
export function hasOneCustomerEach(evidence: Evidence, column: number, customer: number): boolean | undefined {
  if (customer === -1 || evidence.of(customer).distinct < 2) return undefined;
  const others = 1 - dependence(evidence, column, customer).share;
  return others <= (1 - nearlyAll) * (1 - evidence.of(customer).topShare);
}

/** Whether two columns tell the same things apart. */
export function areEquivalent(evidence: Evidence, a: number, b: number): boolean {
  return dependence(evidence, a, b).share >= nearlyAll && dependence(evidence, b, a).share >= nearlyAll;
}
