/** Experiments in a shop whose customers buy what the generator of the sample shop lets them buy. */
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { loadModel, saveModel } from '../../../src/model/file/file.ts';
import { type SampleRecord, sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { until } from '../../support/until.ts';

const test = suite('experiments in a shop');
const folder = mkdtempSync(join(tmpdir(), 'endcap-experiments-'));
const records = [...sampleOrders({ lines: 12_000 })].filter(({ ordered_at }) => !Number.isNaN(Date.parse(ordered_at)));
const split = records[Math.floor(0.8 * records.length)].ordered_at;
const [known, next] = [records.filter((r) => r.ordered_at < split), records.filter((r) => r.ordered_at >= split)];
const model = await fit(await readOrders(known), { factors: 16, iterations: 4, threads: 1, fast: true });
const path = join(folder, 'model.safetensors');
await saveModel(model, path);
const shop = await createShop({ model: path, store: join(folder, 'shop.db'), threads: 1 });
const customers = model.customers.filter((id) => id !== '');

test.after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What customers of the model buy after the model's orders. */
const isWhole = ({ quantity, customer_id, product_id, order_id }: SampleRecord) =>
  Number(quantity) > 0 &&
  customer_id !== '' &&
  product_id !== '' &&
  order_id !== '' &&
  Number.isInteger(Number(quantity));
const bought = next.filter(isWhole);

/** The ten best-sellers at the places that they sell. */
function bestsellers() {
  const counts = new Map<string, number>();
  for (const { product_id } of known.filter(isWhole)) counts.set(product_id, (counts.get(product_id) ?? 0) + 1);
  const best = model.products.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, 10);
  return { pin: best.map((product, i) => ({ product, position: i + 1 })), purchased: 'allow' as const };
}

/** Shows lists to each customer, and then lets them buy. */
async function week(scenarios: readonly string[]): Promise<void> {
  for (const id of customers) for (const scenario of scenarios) await shop.recommend(id, { scenario });
  for (let from = 0; from < bought.length; from += 1000)
    await shop.recordPurchases(
      bought.slice(from, from + 1000).map(({ customer_id, product_id, quantity }, i) => ({
        ...{ customer: customer_id, order: `w${from + i}`, product: product_id, quantity: Number(quantity) },
      })),
    );
  await until(() => shop.status().attribution.waiting === 0, 50);
}

const half = { share: 50 };

test('an A/A test finds nothing, and an A/B test of taste against best-sellers finds the truth', async () => {
  await shop.putScenarios({
    scenarios: { bestsellers: bestsellers() },
    experiments: {
      same: { arms: { a: half, b: half }, control: 'a', for: ['home'] },
      taste: {
        arms: { popular: { share: 50, scenario: 'bestsellers' }, taste: half },
        control: 'popular',
        for: ['cart'],
      },
    },
  });
  await week(['home', 'cart']);
  const [same, taste] = [await shop.experiment('same'), await shop.experiment('taste')];
  assert.equal(
    (await shop.experiments()).map(({ name, customers }) => [name, customers]),
    [
      ['same', customers.length],
      ['taste', customers.length],
    ],
  );
  const [aa] = same.comparisons;
  for (const { low, high } of [aa.rate, aa.recall, aa.revenue]) assert.ok(low! < 0 && high! > 0);
  assert.is(aa.verdict, 'waiting');
  assert.ok(aa.customersNeeded! > customers.length);
  const [ab] = taste.comparisons;
  assert.equal([ab.arm, ab.rate.verdict, ab.recall.verdict, ab.verdict], ['taste', 'better', 'better', 'better']);
  // What people buy does not depend on lists here.
  assert.is(ab.revenue.verdict, 'waiting');
  assert.match(taste.conclusions[0], /^taste is better than popular by the share of customers who buy from a list: \+/);
  const [popular, own] = taste.arms;
  assert.is(popular.coverage, 10 / model.products.length);
  assert.ok(own.coverage > 3 * popular.coverage && own.priced! > 0.99 && own.newProducts! > 0);
  assert.equal([own.customers + popular.customers, own.lists], [customers.length, own.customers]);
});

test('an arm may have a model of its own, which lists name, and which follows what the shop says', async () => {
  const other = join(folder, 'other.safetensors');
  const small = await fit(await readOrders(known), { factors: 4, iterations: 1, threads: 1, fast: true, seed: 2 });
  await saveModel(small, other);
  const arms = { control: half, other: { share: 50, model: other } };
  await shop.putScenarios({ experiments: { models: { arms, control: 'control' } } });
  const versions: Record<string, Set<string | undefined>> = { control: new Set(), other: new Set() };
  for (const id of customers.slice(0, 50)) {
    const { experiment, model: version } = await shop.recommend(id);
    assert.is(experiment!.name, 'models');
    versions[experiment!.arm].add(version);
    assert.equal(shop.recommendSync(id, { purchased: 'allow' }).experiment, experiment);
  }
  assert.equal(versions, { control: new Set([undefined]), other: new Set([small.metadata.version]) });
  const listsOf = (ids: readonly string[]) => Promise.all(ids.map((id) => shop.recommend(id, { purchased: 'allow' })));
  const listed = (await listsOf(customers)).map(({ items }) => items[0].product);
  await shop.putProducts([...new Set(listed)].map((product) => ({ product, available: false })));
  for (const { items } of await listsOf(customers))
    assert.not.ok(items.some(({ product }) => listed.includes(product)));
  await shop.putProducts([...new Set(listed)].map((product) => ({ product, available: true })));

  // The model is closed once no arm has it, after what it was asked.
  const asked = customers.slice(0, 50).map((id) => shop.recommend(id));
  await shop.putScenarios({});
  for (const list of asked) assert.is((await list).experiment!.name, 'models');
  assert.is((await shop.recommend(customers[0])).experiment, undefined);
});

test('whoever is erased is in no file of an arm either once that is said', async () => {
  const other = join(folder, 'arm.safetensors');
  await saveModel(model, other);
  const arms = { control: half, other: { share: 50, model: other } };
  await shop.putScenarios({ experiments: { models: { arms, control: 'control' } } });
  const customer = customers.at(-1)!;
  assert.is((await shop.eraseCustomer(customer)).inModel, false);
  for (const file of [path, other]) assert.not.ok((await loadModel(file)).customers.includes(customer));
  // A file that cannot be written is told.
  rmSync(other);
  mkdirSync(other);
  const { inModel } = await shop.eraseCustomer(customers.at(-2)!);
  assert.equal([inModel, shop.status().modelFile?.pending], [true, 1]);
  await shop.putScenarios({});
});

test('a model file that is none of this shop is refused, and what was there stays', async () => {
  const before = shop.scenarios();
  const foreign = join(folder, 'foreign.safetensors');
  const others = Array.from(sampleOrders({ lines: 1500 }), (record) => ({
    ...{ ...record, customer_id: `x${record.customer_id}`, product_id: `x${record.product_id}` },
  }));
  await saveModel(await fit(await readOrders(others), { factors: 4, iterations: 1, threads: 1, fast: true }), foreign);
  for (const [file, why] of [
    [join(folder, 'nowhere.safetensors'), /nowhere.safetensors does not exist/],
    [join(folder, 'shop.db'), /shop.db/],
    [foreign, /foreign.safetensors knows 0 of the/],
  ] as const) {
    const arms = { control: half, other: { share: 50, model: file } };
    const error = await endcapErrorOf(shop.putScenarios({ experiments: { models: { arms, control: 'control' } } }));
    assert.equal([error.code, error.details.option], ['invalid_options', 'experiments.models.arms.other.model']);
    assert.match(error.message, why);
    const opening = createShop({
      ...{ model, threads: 1, scenarios: { experiments: { models: { arms, control: 'control' } } } },
    });
    assert.is((await endcapErrorOf(opening)).code, 'invalid_options');
  }
  assert.equal(shop.scenarios(), before);
});

test('after a restart nobody takes part while a model file is missing, and all do once it is back', async () => {
  const [copy, away] = [join(folder, 'copy.safetensors'), join(folder, 'away.safetensors')];
  copyFileSync(path, copy);
  const arms = { control: half, other: { share: 50, model: copy } };
  const experiments = { models: { arms, control: 'control' } };
  const open = () => createShop({ model, store: join(folder, 'again.db'), threads: 1 });
  const before = await open();
  await before.putScenarios({ scenarios: { few: { n: 2 } }, experiments });
  await before.close();
  renameSync(copy, away);
  const after = await open();
  assert.match(after.status().scenarios.problem!, /experiments.models.arms.other.model: expected a model file/);
  for (const id of customers.slice(0, 20)) {
    const { items, experiment } = await after.recommend(id, { scenario: 'few' });
    assert.equal([items.length, experiment], [2, undefined]);
  }
  assert.is((await after.experiments())[0].status, 'paused');
  assert.match((await after.experiment('models')).conclusions[0], /^Nobody takes part right now/);
  renameSync(away, copy);
  await after.putScenarios({ experiments });
  assert.is(after.status().scenarios.problem, undefined);
  assert.ok((await after.recommend(customers[0])).experiment);
  assert.is((await after.experiments())[0].status, 'running');
  await after.close();
});

test.run();
