import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { createShop } from '../../src/live/shop.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { startOwnPostgres } from '../support/postgres.ts';
import { testUnless } from '../support/skip.ts';
import { until } from '../support/until.ts';

const test = suite('shops that share a store');
const started = await startOwnPostgres();
const reason = typeof started === 'string' ? started : undefined;

testUnless(
  test,
  reason,
  'what one server is told counts in the lists of the other, also if Postgres crashed',
  async () => {
    const postgres = started as Exclude<typeof started, string>;
    const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
    const store = await postgres.newDatabase();
    const open = () => createShop({ model, store, threads: 1 });
    const [here, there] = await Promise.all([open(), open()]);
    const listThere = async (customer: string) => {
      const { items, source } = await there.recommend(customer, { n: 5 });
      return { source, products: items.map(({ product }) => product) };
    };
    const [best, second] = (await listThere('nobody')).products;
    await here.putProducts([{ product: best, available: false }]);
    await until(async () => !(await listThere('nobody')).products.includes(best));
    assert.is((await listThere('ann')).source, 'popular');
    await here.recordPurchases([{ customer: 'ann', order: 'w1', product: second, quantity: 2 }]);
    await until(async () => (await listThere('ann')).source === 'personal');
    await here.putScenarios({ scenarios: { gifts: { n: 2 } } });
    await until(async () => there.scenarios().scenarios.gifts?.n === 2);
    await postgres.crash();
    await until(() =>
      here.patchProducts([{ product: best, available: true }]).then(
        () => true,
        () => false,
      ),
    );
    await until(async () => (await listThere('nobody')).products.includes(best));
    await here.eraseCustomer('ann');
    await until(async () => (await listThere('ann')).source === 'popular');
    await Promise.all([here.close(), there.close()]);
  },
);

if (typeof started !== 'string') test.after(() => started.stop());
test.run();
