import { refuseBroken } from '../../dataset/check.ts';
import type { Dataset } from '../../dataset/dataset.ts';
import { orderNotes } from '../../dataset/notes/order-notes.ts';
import { holdOutFrom, holdOutLast, targetsBy } from '../../dataset/split.ts';
import { invalidOption, onlyKnown } from '../../options.ts';
import { windowOf } from '../../ranking/window.ts';
import { finish } from '../../turns.ts';
import { dateOf, plural } from '../../wording.ts';
import {
  type HeldOutPart,
  nothingToMeasure,
  spanOf,
  spansOf,
  unlistedNotes,
  unmeasuredBecause,
} from './held-out-part.ts';

/** What is held out; at most one of these. By default it is the last order of each customer with two or more. */
export interface ProtocolOptions {
  /** Every order from this time on: a Date, or milliseconds since 1970 UTC. */
  from?: number | Date;
  /** Every order of the last n days, and later ones; see `windowOf` for when they end. Above 0, at most 100,000. */
  lastDays?: number;
  /** Nothing is held out: the targets are the products of these orders. Customers and products are matched by id. */
  test?: Dataset;
}

const protocolOptions = ['from', 'lastDays', 'test'];

/**
 * Splits a dataset into a part to train on and targets to measure with.
 *
 * @throws `invalid_options`; `nothing_to_measure` if no customer has orders in both parts.
 * @example
 * const { heldOut } = holdOut(dataset, { lastDays: 30 });
 * const model = await train(heldOut.train);
 */
export function holdOut(dataset: Dataset, options: ProtocolOptions = {}): HeldOutPart {
  onlyKnown(options, protocolOptions);
  checkProtocol(options);
  refuseBroken(dataset);
  const { from, lastDays, test } = options;
  if (test) refuseBroken(test);
  const byTime = from !== undefined || lastDays !== undefined;
  const part = test
    ? givenOrders(dataset, test)
    : byTime
      ? ordersFrom(dataset, startOf(dataset, options))
      : lastOrders(dataset);
  return { ...part, notes: [...orderNotes(dataset).map(({ text }) => text), ...part.notes] };
}

/** Throws `invalid_options` that names the option. */
export function checkProtocol({ from, lastDays, test }: ProtocolOptions): void {
  const given = Object.entries({ from, lastDays, test }).filter(([, value]) => value !== undefined);
  if (given.length > 1) throw invalidOption(given[1][0], given[1][1], `no value, since ${given[0][0]} is given`);
  if (lastDays !== undefined && !(typeof lastDays === 'number' && lastDays > 0 && lastDays <= 100_000))
    throw invalidOption('lastDays', lastDays, 'a number of days above 0, at most 100,000');
  const time = from instanceof Date ? from.getTime() : from;
  if (time !== undefined && !(typeof time === 'number' && Math.abs(time) <= 8.64e15))
    throw invalidOption('from', from, 'a Date, or milliseconds since 1970 UTC');
}

function lastOrders(dataset: Dataset): HeldOutPart {
  const heldOut = finish(holdOutLast(dataset));
  const { columns } = dataset.account;
  if (heldOut.customers.length === 0) {
    const cause =
      Object.keys(columns).length > 0 && !columns.order
        ? 'If a column holds order ids or times, name it: --columns order=..., time=....'
        : 'To measure on other orders of these customers, pass them as a second file: --test.';
    throw nothingToMeasure(
      `no customer has two orders (there ${plural(dataset.customers.length, 'is one customer', 'are # customers')}), ` +
        `so there is no next order to predict. ${cause}`,
    );
  }
  const { offsets, times } = dataset.history!;
  const once = dataset.customers.filter((_, c) => offsets[c + 1] - offsets[c] < 2).length;
  return {
    heldOut,
    protocol: {
      name: 'next-basket',
      description: `The last order of ${plural(heldOut.customers.length, 'the one customer', 'each of the # customers')} with two or more is predicted from all orders before it.`,
      ...spansOf(
        heldOut.train.history!.times,
        times && Float64Array.from(heldOut.customers, (c) => times[offsets[c + 1] - 1]),
      ),
    },
    unmeasured: unmeasuredBecause(
      [once, 'have only one order'],
      [dataset.customers.length - heldOut.customers.length - once, 'bought only products that no list holds'],
    ),
    notes: unlistedNotes(dataset),
  };
}

function startOf({ history }: Dataset, { from, lastDays }: ProtocolOptions): number {
  const span = spanOf(history?.times);
  if (!span) {
    throw nothingToMeasure(
      'the orders have no times, so none can be held out by time. Name the column that has them (--columns time=...), ' +
        'or leave out --from and --last-days to predict the last order of each customer.',
    );
  }
  return lastDays === undefined ? Number(from) : windowOf(history!.times, lastDays).from;
}

function ordersFrom(dataset: Dataset, from: number): HeldOutPart {
  const heldOut = finish(holdOutFrom(dataset, from));
  const { customers, history } = dataset;
  const all = spanOf(history!.times)!;
  const date = dateOf(from);
  if (heldOut.customers.length === 0) {
    const where = `the orders are from ${dateOf(all.first)} to ${dateOf(all.last)}`;
    throw nothingToMeasure(
      all.last < from
        ? `there is no order from ${date} on: ${where}. Pick an earlier time.`
        : all.first >= from
          ? `there is no order before ${date} to train on: ${where}. Pick a later time.`
          : `no customer who ordered before ${date} came back later: ${where}. Pick another time.`,
    );
  }
  const before = heldOut.train.history!.offsets;
  let didNotReturn = 0;
  let cameLater = 0;
  for (let c = 0; c < customers.length; c++) {
    const trained = before[c + 1] - before[c];
    if (trained === 0) cameLater++;
    else if (trained === history!.offsets[c + 1] - history!.offsets[c]) didNotReturn++;
  }
  return {
    heldOut,
    protocol: {
      name: 'time',
      description: `What ${plural(heldOut.customers.length, 'one customer', '# customers')} bought from ${date} on is predicted from the orders before.`,
      from,
      ...spansOf(
        heldOut.train.history!.times,
        history!.times!.filter((time) => time >= from),
      ),
    },
    unmeasured: unmeasuredBecause(
      [didNotReturn, `did not order from ${date} on`],
      [cameLater, `first ordered on ${date} or later`],
      [
        customers.length - heldOut.customers.length - didNotReturn - cameLater,
        'bought only products that no list holds',
      ],
    ),
    notes: [
      ...(history!.times!.some(Number.isNaN) ? ['All orders without a time are in the training part.'] : []),
      ...unlistedNotes(dataset),
    ],
  };
}

function givenOrders(train: Dataset, test: Dataset): HeldOutPart {
  const customerRow = new Map(train.customers.map((id, row) => [id, row]));
  const productRow = new Map(train.products.map((id, row) => [id, row]));
  const unlisted = new Set(train.unlisted);
  const targets = new Map<number, number[]>();
  let unknownCustomers = 0;
  let onlyUnknown = 0;
  let onlyUnlisted = 0;
  let unknownTargets = 0;
  for (const [c, id] of test.customers.entries()) {
    const row = customerRow.get(id);
    const bought = test.purchases.products.subarray(test.purchases.offsets[c], test.purchases.offsets[c + 1]);
    if (bought.length === 0) continue;
    const known = [...bought].flatMap((product) => productRow.get(test.products[product]) ?? []);
    const listed = known.filter((product) => !unlisted.has(product));
    if (row === undefined) unknownCustomers++;
    else if (known.length === 0) onlyUnknown++;
    else if (listed.length === 0) onlyUnlisted++;
    else targets.set(row, listed);
    if (row !== undefined) unknownTargets += bought.length - known.length;
  }
  if (targets.size === 0) {
    throw nothingToMeasure(
      onlyUnknown > 0
        ? 'no product of the test orders is in the training orders. Are their ids written the same way?'
        : `none of the ${plural(test.customers.length, 'one customer', '# customers')} of the test orders is in the training orders. Are their ids written the same way?`,
    );
  }
  return {
    heldOut: { train, ...finish(targetsBy(Uint32Array.from(targets.keys()).sort(), (row) => targets.get(row)!)) },
    protocol: {
      name: 'given',
      description: `The test orders of ${plural(targets.size, 'one customer', '# customers')} are predicted from the training orders.`,
      ...spansOf(train.history?.times, test.history?.times),
    },
    unmeasured: unmeasuredBecause(
      [train.customers.length - targets.size - onlyUnknown - onlyUnlisted, 'have no test orders'],
      [unknownCustomers, 'are not in the training orders'],
      [onlyUnknown, 'have test orders of unknown products only'],
      [onlyUnlisted, 'bought only products that no list holds'],
    ),
    notes: [
      ...(unknownTargets === 0
        ? []
        : [
            plural(
              unknownTargets,
              'One target is a product that is not in the training orders; it is left out.',
              '# targets are products that are not in the training orders; they are left out.',
            ),
          ]),
      ...unlistedNotes(train),
    ],
  };
}
