import type { Note } from '../../orders/look.ts';
import { number, plural } from '../../wording.ts';
import type { Dataset } from '../dataset.ts';
import type { OrderFacts } from '../history.ts';
import type { SettledCancellations } from '../log/cancellations.ts';
import type { StoredLines } from '../log/stored.ts';
import { textAtOf } from '../texts/packed.ts';
import { listText } from '../unlisted/unlisted.ts';
import { oddTimes } from './odd-times.ts';
import type { SharedOrders } from './shared-orders.ts';

/** What reading has found out besides the dataset. */
export interface Findings {
  /** Milliseconds since 1970 UTC. */
  now: number;
  facts: OrderFacts;
  /** How many orders there are. */
  orders: number;
  cancelled: SettledCancellations;
  /** Absent if nothing of a store was added. */
  stored?: Pick<StoredLines, 'before' | 'end'>;
  /** The ids of the two customers of the example, if there is one. */
  sharedOrders: SharedOrders & { customers?: readonly [string, string] };
}

/** Whoever has more than this share of the orders is likely not one customer. */
const guestShare = 0.2;
const nearlyEvery = 0.8;
/** Equal records are not worth a note unless they are more than this share of the purchases. */
const repeatedShare = 0.01;
/** In fewer orders, a product may be in all of them by chance. */
const minOrders = 10;

type Content = Pick<Dataset, 'customers' | 'products' | 'productInfo' | 'account' | 'unlisted' | 'history'>;

/** What the reader of a summary should know about a dataset as a whole. */
export function notesOf(dataset: Content, findings: Findings): Note[] {
  return [
    ...guests(dataset),
    ...everywhere(dataset, findings),
    ...oddTimes(dataset.history ?? {}, findings.now),
    ...scientific('customer', dataset.customers),
    ...scientific('product', dataset.products),
    ...leadingZeros('customer', dataset.customers),
    ...leadingZeros('product', dataset.products),
    ...repeated(dataset, findings),
    ...totals(dataset),
    ...sharedOrders(findings),
    ...cancelledByLetter(findings),
    ...takenForOrders(findings),
    ...(dataset.history ? [] : [withoutHistory]),
  ];
}

const withoutHistory: Note = {
  code: 'no-history',
  text:
    'Orders were added up as they were read (--no-history, or history: false): training picks no options, and knows neither which ' +
    'order was the last nor what is bought together. What several files have in common counts in each of them.',
};

function guests({ customers, history }: Content): Note[] {
  if (!history) return [];
  const { offsets, starts } = history;
  const orders = starts.length - 1;
  const most = guestShare * orders;
  // Of so few customers, one has that many in any case.
  if (customers.length <= 1 / guestShare) return [];
  const found: { id: string; share: number }[] = [];
  for (let c = 0; c < customers.length; c++) {
    const own = offsets[c + 1] - offsets[c];
    if (own > most) found.push({ id: customers[c], share: Math.round((100 * own) / orders) });
  }
  return found.map(({ id, share }) => ({
    code: 'guest-customer',
    text:
      `Customer ${id} has ${share} % of the orders. If that is everybody who buys as a guest, or a till, leave it out: ` +
      `--customers-out ${quoted(id)}, or customersOut.`,
  }));
}

function everywhere(
  { products, productInfo, unlisted = new Uint32Array() }: Content,
  { orders, facts: { holding } }: Findings,
): Note[] {
  if (orders < minOrders) return [];
  const rows: number[] = [];
  for (let row = 0; row < products.length; row++)
    if (holding[row] >= nearlyEvery * orders && !unlisted.includes(row)) rows.push(row);
  if (rows.length === 0) return [];
  const names = rows.map((row) => {
    const { name } = productInfo[row];
    const share = Math.round((100 * holding[row]) / orders);
    return `${products[row]}${name === undefined || name === products[row] ? '' : ` (${name})`} in ${share} %`;
  });
  return [
    {
      code: 'product-in-nearly-every-order',
      text:
        `Nearly every order holds the same product: ${listText(names)}. If it is no product, keep it out of lists: ` +
        `--products-out ${quoted(products[rows[0]])}, or productsOut.`,
    },
  ];
}

const scientificId = /^[+-]?\d([.,]\d+)?E\+\d+$/i;

function scientific(what: 'customer' | 'product', ids: readonly string[]): Note[] {
  const found = between(ids, '+', ':', (id) => id.includes('+') && scientificId.test(id));
  if (found.length === 0) return [];
  const these = plural(found.length, `One ${what} id is`, `# ${what} ids are`);
  return [
    {
      code: 'scientific-ids',
      text:
        `${these} in scientific notation, such as ${found[0]}: a spreadsheet has cut digits, and different ${what}s may ` +
        'have become one. Export the ids as text, or read another column.',
    },
  ];
}

/** Ids of digits, and perhaps other text behind them, after zeros. */
const zerosFirst = /^0+(?=\d)/;

function leadingZeros(what: 'customer' | 'product', ids: readonly string[]): Note[] {
  const padded = between(ids, '0', '1', (id) => zerosFirst.test(id));
  if (padded.length === 0) return [];
  // Without its zeros, an id that is padded to a fixed length is shorter than all others.
  const lengths = new Set<number>();
  between(ids, '1', ':', ({ length }) => !lengths.add(length));
  const areEven = padded.every(({ length }) => length === padded[0].length);
  const seen = new Map<string, string>();
  const pairs: [string, string][] = [];
  for (const id of padded) {
    const digits = id.replace(zerosFirst, '');
    const other = lengths.has(digits.length) && isIn(ids, digits) ? digits : seen.get(digits);
    if (other !== undefined) pairs.push([id, other]);
    if (!areEven) seen.set(digits, id);
  }
  if (pairs.length === 0) return [];
  const [[one, other]] = pairs;
  return [
    {
      code: 'leading-zeros',
      text:
        `${plural(pairs.length, `1 ${what} id differs`, `# ${what} ids differ`)} from another one only ` +
        `in leading zeros, such as ${one} and ${other}. They are kept apart; if they are the same ${what}s, a spreadsheet ` +
        'has taken the zeros off: export them as text.',
    },
  ];
}

/** Whether sorted ids contain one. */
function isIn(ids: readonly string[], id: string): boolean {
  return ids[placeOf(ids, id)] === id;
}

/** Of more ids than this, the first are looked at. */
const maxFound = 2 ** 20;

/**
 * Of sorted ids, the first that are meant, of those that begin with a character from `first` up to, but excluding, `end`; `:`
 * comes after the digits.
 */
function between(ids: readonly string[], first: string, end: string, isMeant: (id: string) => boolean): string[] {
  const idAt = textAtOf(ids);
  const found: string[] = [];
  for (let row = placeOf(ids, first), to = placeOf(ids, end); row < to && found.length < maxFound; row++) {
    const id = idAt(row);
    if (isMeant(id)) found.push(id);
  }
  return found;
}

/** The index of the first of sorted ids that is not below this one. */
function placeOf(ids: readonly string[], id: string): number {
  let [from, to] = [0, ids.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (ids[middle] < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

function repeated({ account }: Content, { facts }: Findings): Note[] {
  if (facts.repeated < Math.max(2, repeatedShare * account.purchases)) return [];
  return [
    {
      code: 'duplicate-records',
      text:
        `At least ${number(facts.repeated)} records are duplicates of another one: the same customer, order, product, and ` +
        "quantity. They count as often as they occur; --duplicates drop (duplicates: 'drop') counts records that are equal " +
        'in every cell once.',
    },
  ];
}

function totals({ account }: Content): Note[] {
  const records = account.dropped['totals record'] ?? 0;
  if (records === 0) return [];
  const lines = account.examples['totals record']!.map(({ line }) => line).join(', ');
  return [
    {
      code: 'totals-record',
      text: `Not counted, since they have the sums of other records: ${number(records)}, such as line ${lines}.`,
    },
  ];
}

function sharedOrders({ sharedOrders, facts }: Findings): Note[] {
  const notes: Note[] = [];
  if (sharedOrders.shared > 0) {
    const { shared, looked, isSample, customers } = sharedOrders;
    const example = customers === undefined ? '' : `, such as ${customers.join(' and ')}`;
    notes.push({
      code: 'order-of-two-customers',
      text:
        `${number(shared)} of ${number(looked)} order ids${isSample ? ' in a sample' : ''} have two customers or more` +
        `${example}. Two stores may count alike; what each customer bought is an order of its own.`,
    });
  }
  if (facts.apart > 0) {
    const times = plural(facts.apart, 'Once', '# times');
    notes.push({
      code: 'order-far-apart',
      text:
        `${times}, a customer has records of one order id more than 7 days apart: two stores may count alike, or numbers ` +
        'begin again. Training takes these as separate orders.',
    });
  }
  return notes;
}

function cancelledByLetter({ cancelled: { lines, example } }: Findings): Note[] {
  if (lines === 0) return [];
  const these =
    lines === 1
      ? 'One record counts as a return although its quantity is above zero, since its order id is'
      : `${number(lines)} records count as returns although their quantities are above zero, since their order ids are`;
  return [
    {
      code: 'cancelled-by-letter',
      text:
        `${these} C and digits, such as ${example}, as some shops number cancelled orders. If ` +
        'these are ordinary orders, read them without order ids: --columns order=, or ' +
        'columns: { order: false }.',
    },
  ];
}

function takenForOrders({ stored }: Findings): Note[] {
  if (!stored || stored.before === 0) return [];
  const these = plural(stored.before, 'One purchase of the store is', '# purchases of the store are');
  return [
    {
      code: 'purchases-in-orders',
      text:
        `${these} from before the end of the orders (${new Date(stored.end).toISOString()}), and taken for some of them: the ` +
        'orders have none of the ids that the store has for orders. If they had them, each order would count once, ' +
        'whenever it was.',
    },
  ];
}

/** An id as the command line takes it. */
function quoted(id: string): string {
  return /^[\w.-]+$/.test(id) ? id : `'"${id.replaceAll('"', '""')}"'`;
}
