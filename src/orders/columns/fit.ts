import { plural } from '../../wording.ts';
import type { ColumnEvidence, Evidence } from './evidence.ts';
import type { NameRank } from './names.ts';
import { areEquivalent, belongsToOrder, dependence, hasOneCustomerEach, isLineNumber } from './orders.ts';
import type { Role } from './roles.ts';

/** Why a column does not fit a role. */
export interface Misfit {
  /** What is wrong, to follow the name of the column. */
  readonly text: string;
  /** Whether the column cannot have the role. Otherwise it is taken where nothing else fits. */
  readonly never: boolean;
}

/** What is known of the other columns when one is looked at. */
export interface Chosen {
  /** The column that is, or may become, the customer, or -1. */
  readonly customer: number;
  /** The column of the order, or -1. */
  readonly order: number;
  /** The column of the product, or -1. */
  readonly product: number;
}

/** Roles that are not left out because of what is in their column: its records are dropped with a reason instead. */
const essential: ReadonlySet<Role> = new Set(['customer', 'product', 'quantity', 'order', 'time']);

/** Fewer cells show nothing. */
const few = 4;
/** Records that show that a column is blank, and products of which several records show whether their names agree. */
const some = 10;
/** Filled cells from which on it shows that they are all the same, or all different. */
const enough = 20;
/** As many equal cells mean that the column says nothing. */
const plenty = 30;

/** What speaks against taking a column for a role, as far as the look shows; undefined if nothing does. */
export function misfitOf(
  role: Role,
  column: number,
  name: NameRank | undefined,
  evidence: Evidence,
  chosen: Chosen,
): Misfit | undefined {
  const seen = evidence.of(column);
  if (seen.records === 0) return undefined;
  const { complete } = evidence.look;
  if (seen.filled === 0) {
    const where = complete ? `all ${records(seen.records)}` : `the ${records(seen.records)} looked at`;
    return { text: `is blank in ${where}`, never: complete && (seen.records >= some || !essential.has(role)) };
  }
  if (seen.objects > 0.5) return { text: 'holds objects or lists', never: !essential.has(role) };
  if (seen.filled < few) return undefined;
  const isSame = seen.distinct === 1 && seen.filled >= enough;
  const same = { text: `is ${quote(seen.topValue)} everywhere`, never: complete && seen.filled >= plenty };
  switch (role) {
    case 'customer':
      return isSame ? same : customerMisfit(seen);
    case 'product':
      return isSame ? same : productMisfit(column, seen, evidence, chosen);
    case 'quantity':
      return quantityMisfit(column, seen, name, evidence, chosen);
    case 'order':
      return isSame ? { ...same, never: true } : orderMisfit(column, seen, name, evidence, chosen);
    case 'time':
      return timeMisfit(seen);
    case 'clock':
      return seen.clocks + seen.clockNumbers < 0.9 ? { text: 'holds no times of day', never: true } : undefined;
    case 'price':
      return priceMisfit(column, seen, evidence, chosen);
    case 'name':
    case 'category':
      return isSame ? { ...same, never: true } : descriptionMisfit(role, column, seen, name, evidence, chosen);
    case 'refunded':
      return seen.numbers < 0.5 ? { text: 'does not hold numbers', never: true } : undefined;
    case 'status':
      return statusMisfit(seen);
    case 'sequence':
      return seen.numbers < 0.9 ? { text: 'does not hold numbers', never: true } : undefined;
  }
}

function customerMisfit(seen: ColumnEvidence): Misfit | undefined {
  if (seen.dates > 0.9 && seen.numbers < 0.1) return { text: 'holds dates', never: true };
  return undefined;
}

function productMisfit(
  column: number,
  seen: ColumnEvidence,
  evidence: Evidence,
  { order }: Chosen,
): Misfit | undefined {
  if (seen.distinct > 1 && isLineNumber(evidence, column, order)) {
    return { text: `counts the lines of each order (${seen.samples.join(', ')})`, never: order !== -1 };
  }
  if (seen.rounded > 0.5) {
    return { text: `has lost its last digits in a spreadsheet (${quote(seen.topValue)})`, never: false };
  }
  if (seen.dates > 0.9 && seen.numbers < 0.1) return { text: 'holds dates', never: true };
  if (seen.money > 0.7) return { text: 'holds prices', never: true };
  if (seen.emails > 0.9) return { text: 'holds email addresses', never: true };
  if (seen.distinct === seen.filled && seen.filled >= enough) {
    return { text: 'is different in every record', never: false };
  }
  return undefined;
}

function quantityMisfit(
  column: number,
  seen: ColumnEvidence,
  name: NameRank | undefined,
  evidence: Evidence,
  { order }: Chosen,
): Misfit | undefined {
  const never = name?.vague ?? true;
  if (seen.numbers < 0.5) return { text: `does not hold numbers (${quote(seen.topValue)})`, never };
  if (seen.zeros === 1) return { text: 'holds zeros only', never: false };
  if (seen.money > 0.5) return { text: `holds prices (${seen.samples.map(quote).join(', ')})`, never };
  if (belongsToOrder(evidence, column, order)) return { text: 'belongs to the order, not to its lines', never };
  if (order !== -1 && isLineNumber(evidence, column, order)) return { text: 'counts the lines of each order', never };
  return undefined;
}

function orderMisfit(
  column: number,
  seen: ColumnEvidence,
  name: NameRank | undefined,
  evidence: Evidence,
  { customer }: Chosen,
): Misfit | undefined {
  if (seen.dates > 0.9 && seen.numbers < 0.1) return { text: 'holds dates', never: true };
  if (seen.money > 0.5) return { text: 'holds sums of money', never: true };
  // Kinds of orders, or large orders.
  if (isHandful(seen) && !(hasOneCustomerEach(evidence, column, customer) ?? name?.vague === false))
    return { text: `has only ${seen.distinct} different values, each of several customers`, never: true };
  if (name?.vague && seen.distinct === seen.filled && seen.filled >= enough) {
    return { text: 'is different in every record', never: false };
  }
  return undefined;
}

function timeMisfit(seen: ColumnEvidence): Misfit | undefined {
  if (seen.dates >= 0.5) return undefined;
  if (seen.clocks > 0.5) return { text: 'holds times of day without a date', never: true };
  if (seen.smallNumbers > 0.5) return { text: `holds numbers that are no time (${quote(seen.topValue)})`, never: true };
  return { text: 'holds no dates that can be read', never: false };
}

function priceMisfit(column: number, seen: ColumnEvidence, evidence: Evidence, { order }: Chosen): Misfit | undefined {
  if (seen.numbers < 0.5) return { text: 'does not hold numbers', never: true };
  if (belongsToOrder(evidence, column, order)) return { text: 'belongs to the order, not to its lines', never: true };
  return undefined;
}

/** A name or a category is that of the product: all records of a product have the same one. */
function descriptionMisfit(
  role: 'name' | 'category',
  column: number,
  seen: ColumnEvidence,
  name: NameRank | undefined,
  evidence: Evidence,
  { product }: Chosen,
): Misfit | undefined {
  if (role === 'name' && seen.numbers > 0.9) return { text: 'holds numbers', never: true };
  if (seen.dates > 0.5) return { text: 'holds dates', never: true };
  if (product === -1) return undefined;
  const { share, records } = dependence(evidence, product, column);
  const least = name?.vague ? 0.9 : 0.5;
  if (records >= some && share < least)
    return { text: 'is not that of the product: it differs within products', never: true };
  return undefined;
}

function statusMisfit(seen: ColumnEvidence): Misfit | undefined {
  if (seen.distinct > 40 && seen.distinct > 0.1 * seen.filled) return { text: 'has too many values', never: true };
  if (seen.dates > 0.5 || seen.money > 0.5) return { text: 'holds no words', never: true };
  return undefined;
}

/** Whether a column has so few values that they are kinds of things, such as cashiers, countries or payment types. */
export function isHandful({ distinct, filled }: ColumnEvidence): boolean {
  return distinct <= 50 && filled >= 12 * distinct && filled >= enough;
}

/** Values that stand for everybody who is not known. */
const nobody = /^(0+|-1|guests?|gast|invit[eé]|invitado|ospite|anonymous|walk-?in.*|n\/?a|none|-+)$/i;

/** Why another column is the better customer although this one has the better name; undefined if it is not. */
export function worseCustomer(evidence: Evidence, column: number, other: number): string | undefined {
  const seen = evidence.of(column);
  const rival = evidence.of(other);
  const name = quote(evidence.look.names[other]!);
  if (rival.filled === 0 || rival.objects > 0.5) return undefined;
  if (isHandful(seen) && rival.distinct >= 3 * seen.distinct && rival.filled >= 0.5 * seen.filled) {
    return `has ${count(seen.distinct)} in ${records(seen.filled)}, where ${name} has ${rival.distinct}`;
  }
  if (nobody.test(seen.topValue) && seen.filled >= some && valuesAt(evidence, column, seen.topValue, other) >= 3) {
    return `is ${quote(seen.topValue)} in ${percent(seen.topShare)} of the records, where ${name} tells customers apart`;
  }
  const share = seen.filled / seen.records;
  const rivalShare = rival.filled / rival.records;
  if (share < 0.8 && rivalShare >= share + 0.15 && rival.distinct >= seen.distinct && seen.records >= some) {
    return `is blank in ${percent(1 - share)} of the records, ${name} in ${percent(1 - rivalShare)}`;
  }
  return undefined;
}

/** How many different values a column has where the other one has a certain one. */
function valuesAt(evidence: Evidence, column: number, value: string, other: number): number {
  const others = evidence.texts(other);
  return new Set(
    evidence.texts(column).flatMap((text, record) => (text === value && others[record] !== '' ? [others[record]] : [])),
  ).size;
}

/** Why another column is the better product although this one has the better name; undefined if it is not. */
export function worseProduct(evidence: Evidence, column: number, other: number): string | undefined {
  const seen = evidence.of(column);
  const rival = evidence.of(other);
  const name = quote(evidence.look.names[other]!);
  if (rival.filled === 0 || rival.objects > 0.5) return undefined;
  if (isHandful(seen) && rival.distinct >= 5 * seen.distinct && rival.distinct < 0.9 * rival.filled) {
    return `has ${count(seen.distinct)} in ${records(seen.filled)}, where ${name} has ${rival.distinct}`;
  }
  const share = seen.filled / seen.records;
  const rivalShare = rival.filled / rival.records;
  if (seen.records < some || rivalShare < share + 0.2) return undefined;
  // What tells the same products apart keeps more records.
  const isSame = share < 0.8 && areEquivalent(evidence, column, other) && valuesAt(evidence, column, '', other) >= 3;
  if (share < 0.5 || isSame) {
    return `is blank in ${percent(1 - share)} of the records, ${name} in ${percent(1 - rivalShare)}`;
  }
  return undefined;
}

/** Why another column is the better time: this one is the same everywhere, such as the day of the export. */
export function worseTime(evidence: Evidence, column: number, other: number): string | undefined {
  const seen = evidence.of(column);
  if (seen.distinct > 1 || seen.filled < enough || evidence.of(other).distinct < 2) return undefined;
  return `is ${quote(seen.topValue)} everywhere`;
}

export function quote(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 60)}...` : text}'`;
}

function records(count: number): string {
  return plural(count, 'record', '# records');
}

function count(values: number): string {
  return values === 1 ? 'one value' : `${values} different values`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
