import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { dayMs } from '../../src/orders/times/calendar.ts';
import { createRandom } from '../../src/random.ts';
import { logPopularity } from '../../src/ranking/formula.ts';
import { recentOrdersOf } from '../../src/ranking/popularity.ts';
import { createRecentSales } from '../../src/ranking/recent-sales.ts';
import { windowOf } from '../../src/ranking/window.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { resultOf } from '../support/pieces.ts';

const test = suite('recent sales');
const logs = (orders: Float32Array) => resultOf(logPopularity(orders));

/** Without returns, and ids that are written in several ways. */
const records = [...sampleOrders({ lines: 6000 })].filter(
  ({ quantity, customer_id }) => Number(quantity) > 0 && /^\d{5}$/.test(String(customer_id)),
);
const all = await readOrders(records);
const { to } = windowOf(all.history!.times, 30);

interface Line {
  product: number;
  time: number;
  isTakenUp: boolean;
}

/** Lines of a dataset after a time, oldest first, by the rows of another. */
function linesAfter({ history, products }: Dataset, time: number, others: readonly string[]): Line[] {
  const rows = new Map(others.map((id, row) => [id, row]));
  const { offsets, starts, times } = history!;
  const lines: Line[] = [];
  for (let c = 0; c + 1 < offsets.length; c++) {
    const bought = new Set<number>();
    for (let order = offsets[c]; order < offsets[c + 1]; order++)
      for (let at = starts[order]; at < starts[order + 1]; at++) {
        const row = history!.products[at];
        const product = rows.get(products[row]);
        const isTakenUp = order > offsets[c] && !bought.has(row);
        bought.add(row);
        if (times![order] > time && product !== undefined) lines.push({ product, time: times![order], isTakenUp });
      }
  }
  return lines.sort((a, b) => a.time - b.time);
}

/** Sales since a model of the orders up to some days before the last. */
async function splitAt(days: number, windowDays = 30) {
  const end = to - days * dayMs;
  const dataset = await readOrders(records.filter(({ ordered_at }) => !(Date.parse(ordered_at) > end)));
  const known = { ...dataset, signals: recentOrdersOf(dataset, windowDays) };
  return { known, lines: linesAfter(all, end, dataset.products) };
}

function countsOf(known: Awaited<ReturnType<typeof splitAt>>['known'], lines: readonly Line[], windowDays = 30) {
  const sales = createRecentSales(known, windowDays);
  for (const { product, time, isTakenUp } of lines) sales.add(product, time, isTakenUp);
  return resultOf(sales.recentOrders());
}

const mostApart = (a: Float32Array, b: ArrayLike<number>) =>
  a.reduce((most, each, i) => Math.max(most, Math.abs(each - b[i])), 0);

test('trends are those of a model of all orders', async () => {
  for (const days of [1, 10, 40]) {
    const { known, lines } = await splitAt(days);
    assert.ok(lines.length > 5 * days);
    const { popularity, uptake } = countsOf(known, lines);
    const expected = recentOrdersOf(all, 30);
    const rows = known.products.map((id) => all.products.indexOf(id));
    const of = (orders: Float32Array) => Float32Array.from(rows, (row) => orders[row]);
    // The window is up to a day longer, and of orders that left it only the last of each customer is known.
    const before = mostApart(known.signals.popularity, of(expected.popularity));
    assert.ok(mostApart(popularity, of(expected.popularity)) <= 3, `${days}: ${before}`);
    const apart = mostApart(logs(uptake!), logs(of(expected.uptake!)));
    assert.ok(apart < 0.02, `${days}: ${apart}`);
    const without = mostApart(logs(known.signals.uptake!), logs(of(expected.uptake!)));
    assert.ok(without > 10 * apart, `${days}: ${without}, ${apart}`);
  }
});

test('models of earlier versions do not say since when products are sold: none counts as new', async () => {
  const { known, lines } = await splitAt(10);
  const { sales: _, firstSales: __, ...signals } = known.signals;
  const { popularity, uptake } = countsOf({ ...known, signals } as typeof known, lines);
  const expected = countsOf(known, lines);
  assert.equal(popularity, expected.popularity);
  const old = new Float64Array(known.products.length).fill(to - 500 * dayMs);
  const noneIsNew = countsOf({ ...known, signals: { ...known.signals, firstSales: old } }, lines);
  assert.ok(mostApart(logs(uptake!), logs(noneIsNew.uptake!)) < 1e-5);
});

test('counts do not depend on the sequence in which sales become known', async () => {
  const { known, lines } = await splitAt(20);
  const random = createRandom(5);
  const mixed = lines.map((line) => ({ line, at: random.uniform() })).sort((a, b) => a.at - b.at);
  const expected = countsOf(known, lines);
  assert.equal(
    countsOf(
      known,
      mixed.map(({ line }) => line),
    ),
    expected,
  );
  const sales = createRecentSales(known, 30);
  for (const { line } of mixed) {
    sales.add(line.product, line.time, line.isTakenUp);
    if (line.product === 0) resultOf(sales.recentOrders());
  }
  assert.equal(resultOf(sales.recentOrders()), expected);
});

test('the first orders after a pause do not move the window; more of them do', async () => {
  const { known } = await splitAt(0);
  const later = to + 400 * dayMs;
  const lines = (count: number) => Array.from({ length: count }, () => ({ product: 3, time: later, isTakenUp: true }));
  const few = countsOf(known, lines(4));
  assert.equal(few.popularity, known.signals.popularity);
  assert.ok(mostApart(few.uptake!, known.signals.uptake!) < 1e-5);
  const many = countsOf(known, lines(20));
  const share = Array.from(known.products, (_, row) => (row === 3 ? 20 : 0));
  assert.equal([...many.popularity], share);
  assert.ok(logs(many.uptake!).every((log, row) => (row === 3 ? log > 0 : log < Math.log(1.1e-3))));
});

test('the window is as long as that of the model, and what leaves it fades', async () => {
  const { known } = await splitAt(0);
  const at = (days: number) => ({ product: 3, time: to + days * dayMs, isTakenUp: false });
  const [before] = [known.signals.popularity[3]];
  assert.is(countsOf(known, [at(0.5)]).popularity[3], before + 1);
  assert.is(countsOf(known, [at(0.5), ...Array.from({ length: 40 }, () => at(29))]).popularity[3], 41 + leftOf(29));
  const late = countsOf(known, [at(0.5), ...Array.from({ length: 40 }, () => at(40))]);
  assert.is(late.popularity[3], 40);
  assert.is(late.popularity[4], 0);

  function leftOf(days: number): number {
    const { lastPurchase, products } = known.purchases;
    const within = (from: number) =>
      products.filter((product, pair) => product === 3 && lastPurchase![pair] > to + from * dayMs).length;
    return Math.round((before * within(days - 31)) / Math.max(1, within(-30)));
  }
});

test('where orders have no times, sales are added to what the model has', async () => {
  const dataset = await readOrders(records, { columns: { time: false } });
  const signals = recentOrdersOf(dataset, 30);
  const counts = countsOf({ ...dataset, signals }, [{ product: 2, time: to, isTakenUp: true }]);
  const plus = (orders: Float32Array, more: number) => orders.map((each, row) => (row === 2 ? each + more : each));
  assert.equal(counts.popularity, plus(signals.popularity, 1));
  assert.ok(mostApart(counts.uptake!, plus(signals.uptake!, 1.2)) < 1e-5);
  const { popularity, uptake } = countsOf({ ...dataset, signals: undefined } as never, [
    { product: 2, time: to, isTakenUp: true },
  ]);
  assert.is(uptake, undefined);
  assert.equal(popularity, counts.popularity);
});

test.run();
