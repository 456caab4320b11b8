import type { Dataset } from '../dataset/dataset.ts';
import { type HeldOut, holdOutFrom, holdOutLast, targetsBy } from '../dataset/split.ts';
import { EndcapError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import type { ProtocolReport, Span, Unmeasured } from './results.ts';

/** What is held out. Without any of these it is the last order of each customer with two or more. */
export interface ProtocolOptions {
  /** Every order from this time on: a Date, or milliseconds since 1970 UTC. */
  from?: number | Date;
  /** Every order of the last so many days, counted back from the last order; above 0. */
  lastDays?: number;
  /** Nothing: the targets are these orders, whose customers and products are matched by id. */
  test?: Dataset;
}

export interface HeldOutPart {
  heldOut: HeldOut;
  protocol: ProtocolReport;
  unmeasured: readonly Unmeasured[];
  notes: string[];
}

const day = 86_400_000;

/**
 * Takes a dataset apart into what is learned from and what is measured on.
 *
 * @throws `invalid_options`; `nothing_to_measure` where no customer has orders in both parts.
 */
export function holdOut(dataset: Dataset, options: ProtocolOptions = {}): HeldOutPart {
  checkProtocol(options);
  const { from, lastDays, test } = options;
  const byTime = from !== undefined || lastDays !== undefined;
  const part = test
    ? givenOrders(dataset, test)
    : byTime
      ? ordersFrom(dataset, startOf(dataset, options))
      : lastOrders(dataset);
  return { ...part, notes: [...orderNotes(dataset), ...part.notes] };
}

/** Throws `invalid_options` that names the option. */
export function checkProtocol({ from, lastDays, test }: ProtocolOptions): void {
  const given = Object.entries({ from, lastDays, test }).filter(([, value]) => value !== undefined);
  if (given.length > 1) throw invalidOption(given[1][0], given[1][1], `nothing where ${given[0][0]} is given`);
  if (lastDays !== undefined && !(lastDays > 0 && lastDays <= 100_000))
    throw invalidOption('lastDays', lastDays, 'a number of days above 0, at most 100,000');
  if (from !== undefined && !(Math.abs(Number(from)) <= 8.64e15))
    throw invalidOption('from', from, 'a Date, or milliseconds since 1970 UTC');
}

/** How orders were told apart; nothing for datasets that were not read from rows. */
export function orderNotes({ account: { columns }, history }: Dataset): string[] {
  if (Object.keys(columns).length === 0) return [];
  const notes: string[] = [];
  if (!columns.order && history?.times) {
    notes.push('There are no order ids: what a customer bought at the same time counts as one order.');
  } else if (!columns.order) {
    notes.push('There are neither order ids nor times: every row counts as an order.');
  }
  if (!history?.times) notes.push('The orders have no times: they count in the order in which they were read.');
  return notes;
}

function lastOrders(dataset: Dataset): HeldOutPart {
  const heldOut = holdOutLast(dataset);
  const { columns } = dataset.account;
  if (heldOut.customers.length === 0) {
    const cause =
      Object.keys(columns).length > 0 && !columns.order
        ? 'If a column says which rows are one order, or when, name it: --columns order=..., time=....'
        : 'To measure on other orders of these customers, give them as a second file: --test.';
    throw nothing(
      `no customer has two orders (there ${plural(dataset.customers.length, 'is one customer', 'are # customers')}), ` +
        `so there is no next order to predict. ${cause}`,
    );
  }
  const { offsets, times } = dataset.history!;
  return {
    heldOut,
    protocol: {
      name: 'next-basket',
      description: `The last order of ${plural(heldOut.customers.length, 'the one customer', 'each of the # customers')} with two or more is predicted from all orders before it.`,
      ...spans(
        heldOut.train.history!.times,
        times && Float64Array.from(heldOut.customers, (c) => times[offsets[c + 1] - 1]),
      ),
    },
    unmeasured: counted([dataset.customers.length - heldOut.customers.length, 'have one order only']),
    notes: [],
  };
}

function startOf({ history }: Dataset, { from, lastDays }: ProtocolOptions): number {
  const span = spanOf(history?.times);
  if (!span) {
    throw nothing(
      'the orders have no times, so none can be held out by time. Name the column that has them (--columns time=...), ' +
        'or leave --from and --last-days away to predict the last order of each customer.',
    );
  }
  return lastDays === undefined ? Number(from) : span.last - lastDays * day;
}

function ordersFrom(dataset: Dataset, from: number): HeldOutPart {
  const heldOut = holdOutFrom(dataset, from);
  const { customers, history } = dataset;
  const all = spanOf(history!.times)!;
  const date = dateOf(from);
  if (heldOut.customers.length === 0) {
    const where = `the orders are from ${dateOf(all.first)} to ${dateOf(all.last)}`;
    throw nothing(
      all.last < from
        ? `there is no order from ${date} on: ${where}. Choose an earlier time.`
        : all.first >= from
          ? `there is no order before ${date} to learn from: ${where}. Choose a later time.`
          : `no customer who ordered before ${date} came back after: ${where}. Choose another time.`,
    );
  }
  const before = heldOut.train.history!.offsets;
  let gone = 0;
  let late = 0;
  for (let c = 0; c < customers.length; c++) {
    const trained = before[c + 1] - before[c];
    if (trained === 0) late++;
    else if (trained === history!.offsets[c + 1] - history!.offsets[c]) gone++;
  }
  return {
    heldOut,
    protocol: {
      name: 'time',
      description: `What ${plural(heldOut.customers.length, 'one customer', '# customers')} bought from ${date} on is predicted from the orders before.`,
      from,
      ...spans(
        heldOut.train.history!.times,
        history!.times!.filter((time) => time >= from),
      ),
    },
    unmeasured: counted([gone, `did not order from ${date} on`], [late, `first ordered on ${date} or later`]),
    notes: history!.times!.some(Number.isNaN) ? ['Orders without a time are all in the training part.'] : [],
  };
}

function givenOrders(train: Dataset, test: Dataset): HeldOutPart {
  const customerRow = new Map(train.customers.map((id, row) => [id, row]));
  const productRow = new Map(train.products.map((id, row) => [id, row]));
  const targets = new Map<number, number[]>();
  let unknownCustomers = 0;
  let unknownOnly = 0;
  let lost = 0;
  for (const [c, id] of test.customers.entries()) {
    const row = customerRow.get(id);
    const bought = test.purchases.products.subarray(test.purchases.offsets[c], test.purchases.offsets[c + 1]);
    if (bought.length === 0) continue;
    const known = [...bought].flatMap((product) => productRow.get(test.products[product]) ?? []);
    if (row === undefined) unknownCustomers++;
    else if (known.length === 0) unknownOnly++;
    else targets.set(row, known);
    if (row !== undefined) lost += bought.length - known.length;
  }
  if (targets.size === 0) {
    throw nothing(
      unknownOnly > 0
        ? 'no product of the test orders is in the training orders. Are their ids written the same way?'
        : `none of the ${plural(test.customers.length, 'one customer', '# customers')} of the test orders is in the training orders. Are their ids written the same way?`,
    );
  }
  return {
    heldOut: { train, ...targetsBy(Uint32Array.from(targets.keys()).sort(), (row) => targets.get(row)!) },
    protocol: {
      name: 'given',
      description: `The test orders of ${plural(targets.size, 'one customer', '# customers')} are predicted from the training orders.`,
      ...spans(train.history?.times, test.history?.times),
    },
    unmeasured: counted(
      [train.customers.length - targets.size - unknownOnly, 'have no test orders'],
      [unknownCustomers, 'are not in the training orders'],
      [unknownOnly, 'have test orders of unknown products only'],
    ),
    notes:
      lost === 0
        ? []
        : [
            plural(
              lost,
              'One target is a product that is not in the training orders; it is left out.',
              '# targets are products that are not in the training orders; they are left out.',
            ),
          ],
  };
}

function counted(...reasons: [customers: number, reason: string][]): Unmeasured[] {
  return reasons.filter(([customers]) => customers > 0).map(([customers, reason]) => ({ customers, reason }));
}

function spans(trained?: Float64Array, heldOut?: Float64Array): Pick<ProtocolReport, 'trained' | 'heldOut'> {
  const [before, after] = [spanOf(trained), spanOf(heldOut)];
  return { ...(before && { trained: before }), ...(after && { heldOut: after }) };
}

/** First and last of the times that are known. */
function spanOf(times: Float64Array | undefined): Span | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times ?? []) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  return first <= last ? { first, last } : undefined;
}

function nothing(message: string): EndcapError {
  return new EndcapError('nothing_to_measure', message);
}

/** A day in UTC, with the time of day where it is not midnight. */
export function dateOf(time: number): string {
  const [date, clock] = new Date(time).toISOString().split('T');
  return clock.startsWith('00:00:00') ? date : `${date} ${clock.slice(0, 5)}`;
}

/** `one` for 1, else `many` with the number for `#`. */
export function plural(value: number, one: string, many: string): string {
  return value === 1 ? one : many.replace('#', value.toLocaleString('en-US'));
}
