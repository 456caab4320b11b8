import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { createReports } from '../../../src/live/experiments/reports.ts';
import { compileSettings } from '../../../src/live/scenarios/compile.ts';
import type { ShopStore, ShownList } from '../../../src/live/store/store.ts';
import { endcapErrorOf, thrownBy } from '../../support/errors.ts';

const test = suite('reports, again and again');
const columns = createColumns({ productInfo: [{}] }, () => undefined);
const arms = { control: { share: 50 }, b: { share: 50 } };
const settingsWith = (...names: string[]) => {
  const experiments = Object.fromEntries(
    names.map((name) => [name, { arms, control: 'control', for: [scenarioOf(name)] }]),
  );
  return compileSettings(
    { scenarios: Object.fromEntries(names.map((name) => [scenarioOf(name), {}])), experiments },
    columns,
  );
};
const scenarioOf = (name: string) => `of-${name}`;

const { now } = performance;
let later = 0;
test.before(() => {
  performance.now = () => now.call(performance) + later;
});
test.after(() => {
  performance.now = now;
});

function open(names: string[] = ['taste'], days = 30) {
  let compiled = settingsWith(...names);
  const lists: ShownList[] = Array.from({ length: 20 }, (_, i) => ({
    ...{ id: `l${i}`, customer: `c${10 + i}`, time: 1000, kind: 'recommend', model: 'm', products: ['a'] },
    ...{ experiment: 'taste', arm: compiled.experiments[0]?.armOf(`c${10 + i}`) ?? 'b' },
  }));
  const reading = { times: 0, isFailing: false };
  const store: Partial<ShopStore> = {
    recordShown: async () => {},
    shownTo: async () => [],
    async shownAfter(place) {
      if (place) return [];
      reading.times++;
      if (reading.isFailing) throw new Error('the disk is gone');
      return lists;
    },
    purchasesOfAll: async () => [],
  };
  const facts = () => ({ rowOf: () => 0, priceOf: () => 1, hadBefore: () => false, products: 8 });
  const parts = { settings: () => compiled, canAnswer: () => true, facts, days, signal: new AbortController().signal };
  return {
    reading,
    ...createReports({ store: store as ShopStore, ...parts }),
    without: createReports({ store: undefined, ...parts }),
    change: (...names: string[]) => {
      compiled = settingsWith(...names);
    },
  };
}

test('experiments are told in short, and each at length', async () => {
  const { experiments, experiment } = open(['taste', 'home']);
  const [taste, home] = await experiments();
  const { customers, arms, ...rest } = taste;
  assert.equal(rest, { name: 'taste', status: 'running', control: 'control', since: 1000 });
  assert.is(customers, 20);
  assert.is(arms[0].customers + arms[1].customers, 20);
  assert.equal([home.name, home.customers, home.since], ['home', 0, null]);
  const { name, arms: long, days } = await experiment('taste');
  assert.equal(
    [name, days, long.map(({ customers }) => customers)],
    ['taste', 30, arms.map(({ customers }) => customers)],
  );
});

test('they are computed once a minute for all who ask, at a time and after each other', async () => {
  const { reading, experiments, experiment } = open(['taste', 'home']);
  const [one, other] = await Promise.all([experiment('taste'), experiment('taste'), experiments()]);
  assert.is(one, other);
  await experiment('home');
  later += 59_000;
  assert.is(await experiment('taste'), one);
  assert.is(reading.times, 1);
  later += 1001;
  assert.is.not(await experiment('taste'), one);
  assert.is(reading.times, 2);
});

test('settings that changed are those of the next report', async () => {
  const { reading, experiments, change } = open(['taste']);
  const before = experiments();
  change('taste', 'home');
  assert.is((await experiments()).length, 2);
  assert.is((await before).length, 1);
  assert.is(reading.times, 2);
});

test('after a failure the next one is computed at once', async () => {
  const { reading, experiments } = open();
  reading.isFailing = true;
  assert.match(String(await thrownBy(experiments())), /the disk is gone/);
  reading.isFailing = false;
  assert.is((await experiments()).length, 1);
});

test('what cannot be told says why', async () => {
  const { experiment, without } = open(['taste', 'home']);
  const unknown = await endcapErrorOf(experiment('test'));
  assert.equal(
    [unknown.code, unknown.message],
    ['unknown_experiment', "there is no experiment 'test'; there are taste, home"],
  );
  const none = await endcapErrorOf(open([]).experiment('test'));
  assert.is(none.message, "there is no experiment 'test', since there are none");
  assert.equal(await open([]).without.experiments(), []);
  for (const error of [without.experiments(), without.experiment('taste'), open(['taste'], 0).experiments()]) {
    const { code, message } = await endcapErrorOf(error);
    assert.is(code, 'invalid_options');
    assert.match(message, /--attribution-days/);
  }
});

test.run();
