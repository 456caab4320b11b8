import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { createScenarios } from '../../../src/live/scenarios/scenarios.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ path: string; folder: string }>('scenarios of a shop');
const columns = createColumns({ productInfo: [{}] }, () => undefined);
const builtIn = 4;

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-scenarios-'));
  context.path = join(context.folder, 'scenarios.json');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

function storeOf(text?: string) {
  return {
    text,
    async settings() {
      return this.text;
    },
    async putSettings(text: string) {
      this.text = text;
    },
  };
}

test('what is put is kept, for others and for the next start', async () => {
  const store = storeOf();
  const scenarios = createScenarios(columns, undefined, store);
  await scenarios.put({ scenarios: { home: { perCategory: 2, fields: ['imageUrl'] } }, rules: { all: {} } });
  assert.equal(scenarios.current().settings.scenarios.home, { perCategory: 2, fields: ['imageUrl'] });
  assert.equal(JSON.parse(store.text!).scenarios.home, { per_category: 2, fields: ['image_url'] });
  const other = createScenarios(columns, undefined, store);
  assert.is(other.status().rules, 0);
  await other.follow();
  assert.equal(other.status(), { scenarios: builtIn, rules: 1, experiments: 0 });
  assert.equal(other.current().settings, scenarios.current().settings);
  const inMemory = createScenarios(columns, undefined, undefined);
  await inMemory.put({ scenarios: { gifts: {} } });
  await inMemory.follow();
  assert.equal(inMemory.status(), { scenarios: builtIn + 1, rules: 0, experiments: 0 });
});

test('what is put is not undone by what was read before', async () => {
  const store = storeOf('{"scenarios": {"gifts": {"n": 3}}}');
  let release = () => {};
  const scenarios = createScenarios(columns, undefined, {
    ...store,
    async settings() {
      const { text } = store;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return text;
    },
  });
  const following = scenarios.follow();
  await Promise.resolve();
  const putting = scenarios.put({ scenarios: { gifts: { n: 7 } } });
  await new Promise(setImmediate);
  release();
  await Promise.all([following, putting]);
  assert.is(scenarios.current().scenarios.get('gifts')?.n, 7);
});

test('what is wrong is refused, and what was there stays, also what another version wrote', async () => {
  const store = storeOf();
  const scenarios = createScenarios(columns, undefined, store);
  await scenarios.put({ scenarios: { gifts: { n: 3 } } });
  const before = store.text;
  const error = await endcapErrorOf(scenarios.put({ scenarios: { gifts: { size: 3 } as never } }));
  assert.is(error.details.option, 'scenarios.gifts.size');
  assert.is(store.text, before);
  for (const text of ['{"scenarios": {"gifts": {"later": 1}}}', '{']) {
    store.text = text;
    await scenarios.follow();
    assert.is(scenarios.current().scenarios.get('gifts')?.n, 3);
    assert.ok(scenarios.status().problem);
  }
  store.text = '{}';
  await scenarios.follow();
  assert.equal(scenarios.status(), { scenarios: builtIn, rules: 0, experiments: 0 });
});

test('models of experiments are opened before they count, tried again until they can be, and let go', async ({
  path,
}) => {
  const arms = { a: { share: 50 }, b: { share: 50, model: 'b.safetensors' } };
  const settings = { experiments: { taste: { arms, control: 'a' } } };
  const store = storeOf(JSON.stringify({ ...settings, rules: { all: {} } }));
  const calls: string[] = [];
  let isThere = false;
  const models = {
    async prepare(experiments: readonly { models: readonly string[] }[]) {
      calls.push(`prepare ${experiments.flatMap(({ models }) => models)}`);
      if (experiments.length > 0 && !isThere) throw new Error('it is not there');
    },
    settle(experiments: readonly { models: readonly string[] }[]) {
      calls.push(`settle ${experiments.flatMap(({ models }) => models)}`);
    },
  };
  const scenarios = createScenarios(columns, undefined, store, models);
  await scenarios.follow();
  assert.equal(scenarios.status(), { scenarios: builtIn, rules: 1, experiments: 1, problem: 'it is not there' });
  isThere = true;
  await scenarios.follow();
  assert.is(scenarios.status().problem, undefined);
  await scenarios.follow();
  assert.equal(calls.splice(0), new Array(2).fill(['prepare b.safetensors', 'settle b.safetensors']).flat());
  await scenarios.put({});
  assert.equal(calls.splice(0), ['prepare ', 'settle ']);

  isThere = false;
  const { text } = store;
  await scenarios.put(settings).then(
    () => assert.unreachable(),
    ({ message }) => assert.is(message, 'it is not there'),
  );
  assert.equal([scenarios.status().experiments, store.text], [0, text]);
  assert.equal(calls.splice(0), ['prepare b.safetensors', 'settle ']);
  isThere = true;
  const failing = createScenarios(
    columns,
    undefined,
    { ...store, putSettings: () => Promise.reject(new Error('full')) },
    models,
  );
  await failing.put(settings).then(
    () => assert.unreachable(),
    ({ message }) => assert.is(message, 'full'),
  );
  assert.equal(calls.splice(0), ['prepare b.safetensors', 'settle ']);

  writeFileSync(path, JSON.stringify(settings));
  const ofFile = createScenarios(columns, path, undefined, models);
  assert.is((await ofFile.load())?.experiments, 1);
  isThere = false;
  await ofFile.load().then(
    () => assert.unreachable(),
    () => {},
  );
  assert.is(ofFile.status().experiments, 1);
});

test('a model that takes long to be refused is not opened again each time that something was bought', async () => {
  let now = 0;
  const clock = mock.method(performance, 'now', () => now);
  let opened = 0;
  const models = {
    async prepare() {
      opened++;
      now += 3000;
      throw new Error('it is that of another shop');
    },
    settle() {},
  };
  const arms = { a: { share: 50 }, b: { share: 50, model: 'b.safetensors' } };
  const settings = { experiments: { taste: { arms, control: 'a' } } };
  const store = storeOf(JSON.stringify(settings));
  const scenarios = createScenarios(columns, undefined, store, models);
  try {
    for (let second = 0; second < 60; second++) {
      await scenarios.follow();
      now += 1000;
    }
    assert.is(opened, 1);
    now += 3000;
    await scenarios.follow();
    assert.is(opened, 2);
    // What is new is taken at once.
    store.text = JSON.stringify({ ...settings, rules: {} });
    await scenarios.follow();
    assert.is(opened, 3);
  } finally {
    clock.mock.restore();
  }
});

test('a file is the place to change what it says', async ({ path }) => {
  const store = storeOf('{"rules": {"all": {}}}');
  writeFileSync(path, '\uFEFF{"scenarios": {"gifts": {"per_category": 1}}}');
  const scenarios = createScenarios(columns, path, store);
  assert.equal(await scenarios.load(), { file: path, scenarios: builtIn + 1, rules: 0, experiments: 0 });
  await scenarios.follow();
  assert.equal(scenarios.current().scenarios.get('gifts'), { perCategory: 1 });
  const refused = await endcapErrorOf(scenarios.put({}));
  assert.is(refused.code, 'conflict');
  assert.ok(refused.message.includes(path));
  const given = createScenarios(columns, { rules: { all: {} } }, store);
  assert.is(await given.load(), undefined);
  assert.is(given.status().rules, 1);
  assert.is((await endcapErrorOf(given.put({}))).code, 'conflict');
});

test('a file that is wrong is named with the place, and what was there stays', async ({ path, folder }) => {
  writeFileSync(path, '{"scenarios": {"gifts": {"n": 3}}}');
  const scenarios = createScenarios(columns, path, undefined);
  await scenarios.load();
  for (const [text, message] of [
    [
      '{"scenarios": {"home": {"filter": {"and": [{"field": "colour", "equals": 1}]}}}}',
      'scenarios.home.filter.and[0].field',
    ],
    ['{"scenarios": {,}}', 'is not JSON'],
    ['[]', 'settings: expected an object'],
  ]) {
    writeFileSync(path, text);
    const error = await endcapErrorOf(scenarios.load());
    assert.is(error.code, 'scenarios_unreadable');
    assert.ok(error.message.startsWith(path) && error.message.includes(message), error.message);
    assert.is(scenarios.current().scenarios.get('gifts')?.n, 3);
  }
  for (const missing of [join(folder, 'none.json'), folder]) {
    const error = await endcapErrorOf(createScenarios(columns, missing, undefined).load());
    assert.is(error.code, 'scenarios_unreadable');
  }
});

test.run();
