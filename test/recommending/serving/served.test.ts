import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { customerOf, withOrders } from '../../../src/recommending/buyer.ts';
import { openServed } from '../../../src/recommending/create.ts';
import { forgetRow, type Served } from '../../../src/recommending/serving/served.ts';
import { noRow } from '../../../src/recommending/types.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { treedModel } from '../../model/models.ts';

const test = suite('served customers');
/** Without returns, and ids that are written in several ways. */
const records = [...sampleOrders({ lines: 3000 })].filter(
  ({ quantity, customer_id }) => Number(quantity) > 0 && /^\d{5}$/.test(String(customer_id)),
);
/** Every customer's last order comes after the model. */
const lastOrder = new Map(records.map(({ customer_id, order_id }) => [customer_id, order_id]));
const isLate = ({ customer_id, order_id }: (typeof records)[number]) => lastOrder.get(customer_id) === order_id;
const options = { factors: 8, iterations: 4, threads: 1 } as const;
const model = await fit(await readOrders(records.filter((record) => !isLate(record))), options);
const whole = await fit(await readOrders(records), options);
const { customers, products } = model;
const rowOf = new Map(products.map((product, row) => [product, row]));

/** What a customer bought after the model, as a shop keeps it. */
function servedOf(customer: string, row: number | undefined): Served {
  const order = new Map<number, number>();
  for (const record of records.filter((each) => each.customer_id === customer && isLate(each))) {
    const product = rowOf.get(String(record.product_id));
    if (product !== undefined) order.set(product, Number(record.quantity) + (order.get(product) ?? 0));
  }
  return { customer: row, orders: order.size > 0 ? [order] : [], sentBack: new Map() };
}

test('a buyer after more orders is the one whom a model of all orders knows', () => {
  const ranking = { ...model.metadata.ranking!, ...whole.metadata.ranking! };
  let compared = 0;
  for (const [row, customer] of customers.slice(0, 60).entries()) {
    const served = servedOf(customer, row);
    if (served.orders.length === 0) continue;
    const buyer = withOrders(
      { ...model, metadata: { ...model.metadata, ranking } },
      undefined,
      customerOf(model, row, undefined),
      served.orders,
      0,
    );
    const expected = customerOf(whole, whole.customers.indexOf(customer), undefined);
    const namesOf = (rows: Uint32Array, ids: readonly string[]) => Array.from(rows, (each) => ids[each]);
    // The whole model may know products that the other has never seen.
    const known = namesOf(expected.products, whole.products).map((product) => rowOf.has(product));
    const cut = (column: ArrayLike<number>) => Array.from(column).filter((_, i) => known[i]);
    assert.equal(
      namesOf(buyer.products, products),
      namesOf(expected.products, whole.products).filter((_, i) => known[i]),
    );
    for (const column of ['recency', 'tasteRecency', 'quantities'] as const)
      for (const [i, value] of cut(expected.amounts()[column]).entries())
        assert.ok(Math.abs(value - buyer.amounts()[column][i]) < 1e-5, `${customer} ${column}`);
    compared++;
  }
  assert.ok(compared > 30);
});

test('orders in turn are orders at once', () => {
  const [first, second] = [new Map([[3, 1]]), new Map([[3, 2], [7, 1]])]; // biome-ignore format: a pair each
  const before = customerOf(model, 0, undefined);
  const inTurn = withOrders(model, undefined, withOrders(model, undefined, before, [first], 0), [second], 1);
  const atOnce = withOrders(model, undefined, before, [first, second], 0);
  assert.equal(atOnce.products, inTurn.products);
  for (const [i, value] of Array.from(inTurn.amounts().recency).entries())
    assert.ok(Math.abs(value - atOnce.amounts().recency[i]) < 1e-6);
});

test('what is sent back takes units away, and a product without units counts as returned', () => {
  const before = customerOf(model, 0, undefined);
  const [bought] = before.products;
  const fresh = products.findIndex((_, row) => !before.products.includes(row));
  const order = new Map([[fresh, 3]]);
  const some = withOrders(model, undefined, before, [order], 0, new Map([[fresh, 1]]));
  assert.is(some.amounts().quantities[some.products.indexOf(fresh)], 2);
  const all = withOrders(model, undefined, before, [order], 0, new Map([[fresh, 3], [bought, 1e6]])); // biome-ignore format: a pair each
  assert.not.ok(all.products.includes(fresh));
  assert.not.ok(all.products.includes(bought));
  assert.equal(all.returned, Uint32Array.of(fresh, bought).sort());
  // An order that was sent back whole is none: nothing gets older.
  assert.is(all.amounts().recency[0], before.amounts().recency[1]);
});

const strangerOrders = [new Map([[4, 1]]), new Map([[9, 2]])];
const live = new Map<string, Served>([
  ['stranger', { customer: undefined, orders: strangerOrders, sentBack: new Map() }],
  [customers[1], { customer: 1, orders: [new Map([[4, 1]])], sentBack: new Map() }],
]);
const shop = () =>
  openServed(
    model,
    false,
    { threads: 1 },
    {
      served: (id) => (id === 'later' ? Promise.resolve(live.get('stranger')) : live.get(String(id))),
      isChanged: (row) => row === 1,
    },
  );

test('a stranger is personal once they bought something, and hears of it', async () => {
  const { recommender } = await shop();
  assert.is(recommender.recommendSync('nobody').source, 'popular');
  const { items, source } = await recommender.recommend('stranger', { n: products.length, explain: true });
  assert.is(source, 'personal');
  const { explanation } = items.find(({ row }) => row === 9)!;
  assert.match(explanation!.text, /^You bought it in 1 of your last 2 orders/);
  assert.equal(await recommender.recommend('later', { n: products.length, explain: true }), { items, source });
  const others = await recommender.recommend('stranger', { n: products.length, purchased: 'exclude' });
  assert.equal(
    others.items.filter(({ row }) => row === 4 || row === 9),
    [],
  );
  assert.is(others.items.length, products.length - 2);
  const basket = await recommender.recommendForBasket([products[1]], { customer: 'stranger', purchased: 'only' });
  assert.equal(
    basket.items.map(({ row }) => row).sort((a, b) => a - b),
    [1, 4, 9],
  );
  assert.throws(() => recommender.recommendSync('later'), /the store has to be asked first/);
  await recommender.close();
});

test('batches have the lists of customers as they are now', async () => {
  const { recommender, controls } = await shop();
  controls.bar(2);
  for (const options of [{ n: 7 }, { n: 7, purchased: 'exclude' as const }, { n: 7, diversity: 0.5 }]) {
    const all = [];
    for await (const list of recommender.recommendAll({ ...options, to: 4 })) all.push(list);
    assert.equal(
      all.map(({ customer }) => customer),
      [0, 1, 3].map((row) => customers[row]),
    );
    for (const { customer, items } of all) {
      const alone = (await recommender.recommend(customer, options)).items;
      assert.equal(
        items.map(({ product }) => product),
        alone.map(({ product }) => product),
      );
    }
  }
  await recommender.close();
});

test('who is barred is in no list, and like nobody', async () => {
  const { recommender, controls } = await shop();
  const [like] = recommender.similarCustomersSync(customers[0], { n: 1 });
  controls.bar(like.row);
  const left = recommender.similarCustomersSync(customers[0], { n: 10_000 });
  assert.is(left.length, customers.length - 2);
  assert.not.ok(left.some(({ row }) => row === like.row));
  assert.throws(() => recommender.similarCustomersSync(like.customer), /knows no customer/);
  await recommender.close();
});

test('what the kernel has of who is barred is overwritten where it is', async () => {
  const shared = new Uint32Array(new SharedArrayBuffer(4 * model.purchases.products.length));
  shared.set(model.purchases.products);
  const loaded = { ...model, purchases: { ...model.purchases, products: shared } };
  const { recommender, controls } = await openServed(loaded, true, { threads: 1 });
  controls.bar(2);
  const { offsets, products: before } = model.purchases;
  // WebAssembly has a memory of its own, whose contents do not show here.
  const overwritten = recommender.kernel.backend === 'native' ? [...Array(offsets[3] - offsets[2]).keys()] : undefined;
  assert.equal(
    [...shared.subarray(offsets[2], offsets[3])],
    overwritten ?? [...before.subarray(offsets[2], offsets[3])],
  );
  assert.equal([...shared.subarray(offsets[3])], [...before.subarray(offsets[3])]);
  await recommender.close();
});

test('a product that may not be listed is in no list, and lists are as long as they can be', async () => {
  const { recommender, controls } = await shop();
  const gone = new Set([...products.keys()].filter((row) => row % 3 !== 0));
  for (const row of gone) controls.list(row, false);
  const left = products.length - gone.size;
  const rowsOf = (items: readonly { row: number }[]) => items.map(({ row }) => row);
  const check = (rows: readonly number[], length: number) => {
    assert.equal(
      rows.filter((row) => gone.has(row)),
      [],
    );
    assert.is(rows.length, length);
  };
  const n = products.length;
  for (const customer of [customers[0], customers[1], 'stranger', 'nobody'])
    for (const options of [{ n }, { n: 5 }, { n: 5, diversity: 0.4 }, { n: 5, mix: 3 }, { n: 5, perCategory: 1 }])
      for (const { items } of [
        await recommender.recommend(customer, options),
        recommender.recommendSync(customer, options),
        await recommender.recommendForBasket([], { ...options, customer, purchased: 'allow' }),
      ])
        check(rowsOf(items), Math.min(options.n, left));
  check(rowsOf((await recommender.recommend(customers[0], { n, allow: products.slice(0, 9) })).items), 3);
  const bought = customerOf(model, 0, undefined).products.filter((row) => !gone.has(row));
  check(rowsOf((await recommender.recommend(customers[0], { n, purchased: 'only' })).items), bought.length);
  check(rowsOf(await recommender.similarProducts(products[1], { n })), left);
  check(rowsOf(await recommender.similarProducts(products[0], { n })), left - 1);
  for (const product of products)
    assert.equal(
      rowsOf(await recommender.boughtTogether(product)).filter((row) => gone.has(row)),
      [],
    );
  for (const options of [{ n: 40 }, { n: 40, purchased: 'exclude' as const }, { n: 40, deny: [products[0]] }])
    for await (const { rows } of recommender.recommendBlocks({ ...options, to: 9 }))
      assert.equal(rows.filter((row) => row !== noRow && gone.has(row)).length, 0);
  for await (const { customer, items } of recommender.recommendAll({ n, purchased: 'only', to: 1 }))
    assert.equal([customer, items.length], [customers[0], bought.length]);
  for (const row of gone) controls.list(row, true);
  assert.is((await recommender.recommend(customers[0], { n })).items.length, n);
  await recommender.close();
});

const eventLoop = () => new Promise((resolve) => setImmediate(resolve));

test('a product that is hidden while a list is made is not in it, and the list is as long as ever', async () => {
  const { recommender, controls } = await shop();
  const ways: Record<string, () => Promise<readonly { row: number }[]>> = {
    plain: async () => (await recommender.recommend(customers[0], { n: 6 })).items,
    diverse: async () => (await recommender.recommend(customers[0], { n: 6, diversity: 0.4 })).items,
    bought: async () => (await recommender.recommend(customers[0], { n: 2, purchased: 'only', diversity: 0.2 })).items,
    basket: async () =>
      (await recommender.recommendForBasket([{ product: products[1] }], { n: 6, diversity: 0.4 })).items,
    similar: () => recommender.similarProducts(products[1], { n: 6 }),
  };
  for (const [name, ask] of Object.entries(ways)) {
    const [first] = await ask();
    for (let turns = 0; turns < 8; turns++) {
      const asked = ask();
      let isAnswered = false;
      asked.then(() => {
        isAnswered = true;
      });
      for (let turn = 0; turn < turns; turn++) await eventLoop();
      // What is answered already may have it.
      const wasAnswered = isAnswered;
      controls.list(first.row, false);
      const list = await asked;
      if (!wasAnswered)
        assert.not.ok(
          list.some(({ row }) => row === first.row),
          `${name} after ${turns} turns`,
        );
      assert.is(list.length, name === 'bought' ? 2 : 6);
      controls.list(first.row, true);
    }
  }
  await recommender.close();
});

test('batches follow what is hidden after they began, even if nothing was hidden then', async () => {
  const { recommender, controls } = await shop();
  for (const options of [{}, { purchased: 'only' }, { purchased: 'exclude' }, { deny: [products[5]] }] as const)
    for (const isHidden of [false, true]) {
      controls.list(3, !isHidden);
      // Longer lists make smaller blocks.
      const blocks = recommender.recommendBlocks({ n: 10_000, ...options })[Symbol.asyncIterator]();
      const first = blocks.next();
      await eventLoop();
      controls.list(3, true);
      controls.list(7, false);
      for (let { value, done } = await first; !done; { value, done } = await blocks.next())
        assert.not.ok((value.rows as Uint32Array).includes(7));
      controls.list(7, true);
    }
  const lists = recommender.recommendAll({ n: 5 })[Symbol.asyncIterator]();
  await lists.next();
  const { items } = recommender.recommendSync(customers[1], { n: 5 });
  controls.list(items[0].row, false);
  const next = await lists.next();
  assert.is(next.value.customer, customers[1]);
  assert.not.ok(next.value.items.some(({ row }: { row: number }) => row === items[0].row));
  await recommender.close();
});

test('a customer who is barred while similar ones are looked for is not named', async () => {
  const { recommender, controls } = await shop();
  const [{ row }] = await recommender.similarCustomers(customers[4], { n: 5 });
  // So many that they are scored at once, and answered in several turns.
  const asked = Array.from({ length: 200 }, () => recommender.similarCustomers(customers[4], { n: 5 }));
  await asked[0];
  controls.bar(row);
  assert.not.ok((await asked[199]).some((other) => other.row === row));
  await recommender.close();
});

test('a product is called what the shop calls it, also where it is a reason', async () => {
  const { recommender, controls } = await shop();
  const { items } = recommender.recommendSync(customers[0], { n: 1 });
  controls.describe(items[0].row, { name: 'The new name', category: 'The new category' });
  const [renamed] = recommender.recommendSync(customers[0], { n: 1 }).items;
  assert.equal([renamed.name, renamed.category], ['The new name', 'The new category']);
  controls.describe(items[0].row, {});
  assert.equal(recommender.recommendSync(customers[0], { n: 1 }).items, items);
  controls.describe(9, { name: 'Nine' });
  const told = (await recommender.recommend('stranger', { n: 50, explain: true })).items;
  assert.ok(told.some(({ row, explanation }) => row !== 9 && explanation!.text.includes('Nine')));
  await recommender.close();
});

test('what kernels have of a customer who is barred is overwritten, and nothing of others', () => {
  const model = treedModel();
  const customerFactors = Float32Array.from({ length: 3 * 16 }, (_, at) => at + 1);
  const before = customerFactors.slice();
  forgetRow({ model, customerFactors, productFactors: model.productFactors }, 2);
  assert.equal(customerFactors, Float32Array.of(...before.subarray(0, 32), ...new Float32Array(16)));
  assert.equal(model.purchases.products, Uint32Array.of(0, 1, 0));
});

test.run();
