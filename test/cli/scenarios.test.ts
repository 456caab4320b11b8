import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { endcap } from './run.ts';
import { begun, send, serving } from './serving.ts';

const test = suite<{ cwd: string; path: string }>('endcap serve --scenarios');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-scenarios-'));
  context.path = join(context.cwd, 'scenarios.json');
  await saveModel(model, join(context.cwd, 'm.safetensors'));
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

test('lists are as the file says, SIGHUP reads it again, and a wrong one changes nothing', async ({ cwd, path }) => {
  await writeFile(path, '{"scenarios": {"home": {"n": 3}}}');
  const { child, ran, said, saying } = begun(
    ['serve', 'm.safetensors', '--scenarios', 'scenarios.json', '--port', '0'],
    cwd,
  );
  try {
    const [, url] = await saying(/Serving on (\S+) /);
    assert.match(said(), /Scenarios: scenarios\.json, 4 scenarios, 0 rules/);
    const ask = async (path: string, body: object, method = 'POST') => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
      // biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
      return { status: response.status, json: (await response.json()) as any };
    };
    const length = async () =>
      (await ask('/recommend', { user_id: 'nobody', scenario: 'home' })).json.recommendations.length;
    assert.is(await length(), 3);
    await writeFile(path, '{"scenarios": {"home": {"n": 7}}, "rules": {"all": {}}}');
    child.kill('SIGHUP');
    await saying(/Scenarios: scenarios\.json, 4 scenarios, 1 rule, 0 experiments/);
    assert.is(await length(), 7);
    await writeFile(path, '{"scenarios": {"home": {"n": "many"}}}');
    child.kill('SIGHUP');
    await saying(/scenarios\.json: scenarios\.home\.n: expected a whole number/);
    const reloaded = await ask('/admin/reload', {});
    assert.equal([reloaded.status, reloaded.json.error.code], [422, 'scenarios_unreadable']);
    assert.is(await length(), 7);
    assert.is((await ask('/scenarios', {}, 'PUT')).status, 409);
  } finally {
    child.kill('SIGTERM');
    await ran;
  }
});

test('a file that is missing, or says something else, ends the start', async ({ cwd, path }) => {
  for (const [text, message] of [
    [undefined, /scenarios\.json cannot be read: it does not exist/],
    ['{', /scenarios\.json is not JSON/],
    ['{"rules": {"r": {"filter": {"field": "colour", "equals": 1}}}}', /rules\.r\.filter\.field: expected one of/],
  ] as const) {
    await rm(path, { force: true });
    if (text !== undefined) await writeFile(path, text);
    const args = ['serve', 'm.safetensors', '--scenarios', 'scenarios.json', '--port', '0'];
    const { code, stderr } = await endcap(args, { cwd });
    assert.is(code, 1);
    assert.match(stderr, message);
  }
});

test('a start without the model file of an arm serves all the same, and says that the experiment is paused', async ({
  cwd,
}) => {
  const serve = ['serve', 'm.safetensors', '--data', 'shop.db', '--port', '0'];
  const [arm, why] = [
    join(cwd, 'arm.safetensors'),
    /experiments\.taste\.arms\.b\.model: .*arm\.safetensors does not exist/,
  ];
  await saveModel(model, arm);
  const arms = { control: { share: 50 }, b: { share: 50, model: arm } };
  await serving(serve, { cwd }, async (url) => {
    await send(url, 'PUT', '/scenarios', { experiments: { taste: { arms, control: 'control' } } });
    assert.ok((await send(url, 'POST', '/recommend', { user_id: model.customers[0] })).experiment);
    await rm(arm);
    await send(url, 'POST', '/admin/reload', {});
    assert.ok((await send(url, 'POST', '/recommend', { user_id: model.customers[1] })).experiment);
  });
  await serving(serve, { cwd }, async (url, said) => {
    assert.match(said.replace(/\s+/g, ' '), why);
    const { recommendations, experiment } = await send(url, 'POST', '/recommend', { user_id: model.customers[0] });
    assert.equal([recommendations.length, experiment], [5, undefined]);
    assert.match((await send(url, 'GET', '/admin/status')).scenarios.problem, why);
    assert.is((await send(url, 'GET', '/experiments')).experiments[0].status, 'paused');
    assert.match((await send(url, 'GET', '/experiments/taste')).conclusions[0], /^Nobody takes part right now/);
  });
});

test.run();
