import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../../src/dataset/dataset.ts';
import { endOf } from '../../../../src/live/purchases/customers.ts';
import { makeCandidate } from '../../../../src/live/retraining/candidate/candidate.ts';
import type { Asked } from '../../../../src/live/retraining/gate/asked.ts';
import { runGate } from '../../../../src/live/retraining/gate/gate.ts';
import { holdOutNewest, type Newest } from '../../../../src/live/retraining/gate/hold-out-newest.ts';
import { pairedResults } from '../../../../src/live/retraining/gate/paired.ts';
import { compareOnPurchases } from '../../../../src/live/retraining/gate/purchases.ts';
import { compareUnshown } from '../../../../src/live/retraining/gate/unshown.ts';
import { openSqliteStore } from '../../../../src/live/store/sqlite/sqlite.ts';
import type { ShopStore, ShownList, StoredPurchase } from '../../../../src/live/store/store.ts';
import { saveModel } from '../../../../src/model/file/file.ts';
import { decodeModel, encodeModel } from '../../../../src/model/file/format.ts';
import type { GateResult, Model } from '../../../../src/model/model.ts';
import { createRandom, shuffle } from '../../../../src/random.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { train } from '../../../../src/tuning/train.ts';
import type { Basket } from '../../../support/baskets.ts';
import { dayMs, firstDay, ordersUntil } from '../drifting-shop.ts';

const test = suite('the gate where customers buy what they are shown');
const small = { factors: 8, iterations: 5, threads: 1, fast: true };
const kernel = { threads: 1 };
const customers = 120;
/** Lists are shown from this day on. */
const servedDay = 60;
const hourMs = 3_600_000;

const { served, dataset, baskets, lists } = await shopThatShows(0.6);
const newest = holdOutNewest(dataset, endOf(served)) as Newest;
const other = await train(newest.heldOut.train, { ...small, seed: 7 });
const gateOf = (candidate: Model, kept?: Pick<ShopStore, 'shownTo'>) =>
  runGate({ served, candidate, dataset, newest, kernel, store: kept });

const refused = await gateOf(other);

test('an equal model of another taste is refused by what was shown, and passes without it', async () => {
  assert.is(refused.outcome, 'worse');
  const store = storeOf(lists);
  const gate = await gateOf(other, store);
  assert.ok(gate.passed);
  assert.is(gate.outcome, 'tie');
  assert.equal(gate.results, refused.results);
  const { bought, shown, result } = gate.unshown!;
  assert.ok(shown > bought / 2 && shown < bought, `${shown} of ${bought}`);
  assert.is(result!.question, gate.question);
  assert.ok(Math.abs(result!.gain) < 2 * result!.error!);
  assert.ok(
    gate.reason.startsWith(
      `${refused.reason}; of what no list had shown before (${bought - shown} of ${bought} products), and the candidate would ` +
        'not have, they',
    ),
  );
  assert.match(gate.reason, / they find as much, within the noise, for \d+ customers: recall .* ± \.\d+$/);
  // One read for each customer, of no more lists than attribution reads.
  assert.is(new Set(store.asked.map(([customer]) => customer)).size, store.asked.length);
  assert.ok(store.asked.every(([, limit]) => limit === 1000));
  const model = { ...other, metadata: { ...other.metadata, gate } };
  assert.equal((await decodeModel(Buffer.concat(await encodeModel(model)))).metadata.gate, gate);
});

test('a model of shuffled customers is refused all the same, with both figures', async () => {
  const gate = await gateOf(await train(shuffledCustomers(newest.heldOut.train), small), storeOf(lists));
  assert.is(gate.outcome, 'worse');
  assert.not(gate.passed);
  const { gain, error } = gate.unshown!.result!;
  assert.ok(gain < -2 * error!);
  assert.match(gate.reason, /^its lists find less of .* they find less for \d+ customers: /);
});

test('nothing is read of a model that is not worse, or is damaged', async () => {
  const store = storeOf(lists);
  assert.ok((await gateOf(served, store)).passed);
  const alone = { ...other, productFactors: other.productFactors.map(() => Number.NaN) };
  assert.is((await gateOf(alone, store)).outcome, 'damaged');
  assert.equal(store.asked, []);
});

test('without lists, or of products that none had shown, all that was bought decides', async () => {
  assert.equal(await gateOf(other, {}), refused);
  assert.equal(await gateOf(other, storeOf([])), refused);
  assert.equal(await gateOf(other, storeOf(lists.map((list) => ({ ...list, products: ['p-none'] })))), refused);
  assert.equal(await gateOf(other, storeOf(lists.map((list) => ({ ...list, customer: 'nobody' })))), refused);
});

test('a list that came after the purchase did not lead to it, but orders may tell no more than the day', async () => {
  const last = [...new Map(lists.map((list) => [list.customer, list])).values()];
  const later = (ms: number) => storeOf(last.map((list) => ({ ...list, time: list.time + ms })));
  const { unshown } = await gateOf(other, later(0));
  assert.ok(unshown!.shown > 0);
  assert.equal((await gateOf(other, later(12 * hourMs))).unshown, unshown);
  assert.equal(await gateOf(other, later(2 * dayMs)), refused);
});

test('if lists had shown nearly everything, all that was bought decides, and the reason says so', async () => {
  const everything = dataset.products;
  const gate = await gateOf(other, storeOf(lists.map((list) => ({ ...list, products: everything }))));
  assert.is(gate.outcome, 'worse');
  assert.not(gate.passed);
  const { bought } = gate.unshown!;
  assert.equal(gate.unshown, { bought, shown: bought });
  assert.ok(
    gate.reason.endsWith(
      `; lists had shown ${bought} of these ${bought} products before, which favours the served model, but fewer than 30 ` +
        'customers bought others',
    ),
    gate.reason,
  );
  const few = new Set(dataset.customers.slice(0, 29));
  const left = await gateOf(
    other,
    storeOf(lists.map((list) => (few.has(list.customer) ? list : { ...list, products: everything }))),
  );
  assert.not(left.passed);
  assert.ok(left.unshown!.shown < bought && left.unshown!.result === undefined);
});

test('a model that somebody put in its place is measured by the same rule', async () => {
  const purchases = purchasesOf(baskets);
  const store = {
    lastSeq: async () => purchases.length,
    purchasesAfter: async (seq: number, limit: number) => purchases.slice(seq, seq + limit),
    purchasesOf: async (customer: string) => purchases.filter((each) => each.customer === customer),
  };
  const second = await train(ordersUntil(baskets, servedDay + 15), { ...small, seed: 7 });
  const blind = await compareOnPurchases(served, second, store, { kernel });
  assert.is(blind!.outcome, 'worse');
  const gate = await compareOnPurchases(served, second, { ...store, ...storeOf(lists) }, { kernel });
  assert.ok(gate!.passed, gate!.reason);
  assert.ok(gate!.unshown!.result!.gain > blind!.results[0].gain);
});

test('a run asks the store that it was given', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-unshown-'));
  try {
    const [path, candidate, orders, database] = ['m.safetensors', 'candidate', 'orders.jsonl', 'shop.db'].map((name) =>
      join(folder, name),
    );
    await saveModel(served, path);
    const lines = purchasesOf(baskets).map(({ customer, order, product, time }) =>
      JSON.stringify({ customer, order, product, time: new Date(time) }),
    );
    writeFileSync(orders, lines.join('\n'));
    const training = { ...small, seed: 7 };
    const task = {
      model: path,
      candidate,
      orders: [orders],
      reading: { columns: { quantity: false as const } },
      training,
      store: database,
    };
    const shown = await openSqliteStore(database);
    assert.is((await makeCandidate(task, () => {})).gate!.outcome, 'worse');
    await shown.recordShown!(lists);
    await shown.close();
    const made = await makeCandidate(task, () => {});
    assert.is(made.kind, 'candidate', made.reason);
    assert.ok(made.gate!.unshown!.result);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('of two models that are as good, the one that showed its lists is as good on the rest, and a worse one is worse', async () => {
  const equal = await compareGuesses(1, true);
  assert.ok(Math.abs(equal.gain) < 2 * equal.error!, `${equal.gain} ± ${equal.error}`);
  // The served model has shown what it was sure of; another has not.
  const favoured = await compareGuesses(1, false);
  assert.ok(favoured.gain > 4 * favoured.error!, `${favoured.gain} ± ${favoured.error}`);
  const worse = await compareGuesses(3, true);
  assert.ok(worse.gain < -4 * worse.error!, `${worse.gain} ± ${worse.error}`);
});

/**
 * Compares two models that guess what each of many customers wants of fifty products: one that has shown its ten best, and another one.
 * Customers buy what they want, and from the list.
 *
 * @param noise of the other one's guesses; that of the first one's is 1.
 * @param leavesOutFirst whether it says what it would have shown.
 */
async function compareGuesses(noise: number, leavesOutFirst: boolean): Promise<GateResult> {
  const random = createRandom(11);
  const products = Array.from({ length: 50 }, (_, p) => `p${p}`);
  const liked = products.map(() => random.normal());
  const byId = new Map(
    Array.from({ length: 3000 }, (_, c) => {
      const wants = liked.map((each) => each + random.normal());
      const guesses = [1, noise].map((each) => wants.map((want) => want + each * random.normal()));
      return [String(c), { wants, guesses }] as const;
    }),
  );
  const best = (scores: readonly number[], n: number, without: ReadonlySet<string> = new Set()) =>
    [...products.keys()]
      .filter((p) => !without.has(products[p]))
      .sort((a, b) => scores[b] - scores[a])
      .slice(0, n)
      .map((p) => products[p]);
  const shownTo = new Map(Array.from(byId, ([id, { guesses }]) => [id, best(guesses[0], 10)]));
  const bought = Array.from(byId, ([id, { wants }]) => {
    const own = best(
      wants.map((want) => want - Math.log(-Math.log(random.uniform()))),
      6,
    );
    return new Set(own.map((product) => (random.uniform() < 0.6 ? shownTo.get(id)![random.below(10)] : product)));
  });
  const listsOf = ({ customers, denied, lengths }: Asked, model: number) =>
    customers.map((id, i) => best(byId.get(id)!.guesses[model], lengths?.[i] ?? 10, denied?.[i]));
  const asked = { customers: [...byId.keys()], targets: { all: bought } };
  const { result } = (await compareUnshown(
    'all',
    {
      ...{ asked, needed: 30, boughtBy: () => new Map(products.map((product) => [product, 2])) },
      listsOfCandidate: async (of) => (leavesOutFirst ? listsOf(of, 1) : of.customers.map(() => [])),
      async compare(of) {
        const [served, candidate] = [0, 1].map((model) => ({ all: listsOf(of, model), explore: [], repeat: [] }));
        return pairedResults(of, served, candidate);
      },
    },
    {
      shownTo: async (id) => [{ id, customer: id, time: 1, kind: 'recommend', model: 'm', products: shownTo.get(id)! }],
    },
  ))!;
  return result!;
}

/**
 * A shop of five kinds of customers, who buy any product of a kind of twenty, and from a day on, with a probability, one of
 * the list that the served model shows them.
 */
async function shopThatShows(share: number) {
  const random = createRandom(5);
  const baskets = new Map<string, Basket[]>();
  const ids = Array.from({ length: customers }, (_, c) => `c${String(c).padStart(3, '0')}`);
  const anyOf = (kind: number) => `p${String(20 * kind + random.below(20)).padStart(3, '0')}`;
  const add = (id: string, day: number, products: Iterable<string>) => {
    const time = firstDay + day * dayMs + random.below(dayMs);
    baskets.set(id, [...(baskets.get(id) ?? []), { products: [...new Set(products)], time }]);
    return time;
  };
  for (const [c, id] of ids.entries())
    for (let day = c % 6; day < servedDay; day += 6) add(id, day, [anyOf(c % 5), anyOf(c % 5), anyOf(c % 5)]);
  const served = await train(ordersUntil(baskets), small);
  const recommender = await createRecommender(served, kernel);
  const lists: ShownList[] = [];
  for (const [c, id] of ids.entries()) {
    const products = (await recommender.recommend(id, { n: 10 })).items.map(({ product }) => product);
    for (let day = servedDay + (c % 6); day < servedDay + 30; day += 6) {
      const bought = Array.from({ length: 3 }, () =>
        random.uniform() < share ? products[random.below(10)] : anyOf(c % 5),
      );
      const time = add(id, day, bought) - hourMs;
      lists.push({
        id: `${id} ${day}`,
        customer: id,
        time,
        kind: 'recommend',
        model: served.metadata.version,
        products,
      });
    }
  }
  await recommender.close();
  return { served, dataset: ordersUntil(baskets), baskets, lists };
}

function storeOf(lists: readonly ShownList[]) {
  const asked: [string, number][] = [];
  return {
    asked,
    async shownTo(customer: string, limit: number) {
      asked.push([customer, limit]);
      return lists
        .filter((list) => list.customer === customer)
        .toSorted((a, b) => b.time - a.time)
        .slice(0, limit);
    },
  };
}

/** The orders as purchases of a store, oldest first. */
function purchasesOf(baskets: ReadonlyMap<string, readonly Basket[]>): StoredPurchase[] {
  const lines = [...baskets].flatMap(([customer, orders]) =>
    orders.flatMap(({ products, time }) =>
      (products as string[]).map((product) => ({
        ...{ customer, product, quantity: 1 },
        order: `${customer} ${time}`,
        time: time!,
      })),
    ),
  );
  return lines.sort((a, b) => a.time - b.time).map((line, i) => ({ ...line, seq: i + 1 }));
}

/** The orders of each customer, under the name of another one. */
function shuffledCustomers(orders: Dataset): Dataset {
  const names = [...baskets.keys()];
  shuffle(names, createRandom(3));
  const others = [...baskets.values()].map((own, c): [string, Basket[]] => [
    names[c],
    own.filter(({ time }) => time! < newest.from),
  ]);
  return { ...ordersUntil(new Map(others.sort())), account: orders.account };
}

test.run();
