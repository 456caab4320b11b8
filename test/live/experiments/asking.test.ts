import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { createExperimentQuestions, type ExperimentQuestions } from '../../../src/live/experiments/asking.ts';
import { compileSettings } from '../../../src/live/scenarios/compile.ts';

const test = suite('questions in experiments');
const columns = createColumns({ productInfo: [{ category: 'Tea' }] }, () => undefined);

/** Answers that say who gave them, and by which options; `mix` with bestsellers is wrong. */
function fake(name: string): ExperimentQuestions {
  // biome-ignore lint/suspicious/noExplicitAny: every question is answered alike
  const answer = (_: unknown, options: any = {}): any => {
    if (options.scenario === 'bestsellers' && options.mix !== undefined)
      throw new EndcapError('invalid_options', 'mix');
    return { items: [options], source: name };
  };
  const later = async (about: unknown, options: unknown) => answer(about, options);
  return { recommend: later, recommendForBasket: later, recommendSync: answer, recommendForBasketSync: answer };
}

const scenarios = { home: { n: 12, fields: ['price'] }, bestsellers: { n: 3, explain: true, purchased: 'exclude' } };
const served = fake('served');
const models = new Map([
  ['new.safetensors', { questions: fake('new model'), current: () => ({ model: { metadata: { version: 'v2' } } }) }],
]);

function questionsWith(b: object, more: object = {}): ExperimentQuestions {
  const arms = { control: { share: 50 }, b: { share: 50, ...b } };
  const compiled = compileSettings(
    { scenarios, experiments: { taste: { arms, control: 'control', ...more } } },
    columns,
  );
  return createExperimentQuestions({
    ...{ served, settings: () => compiled, ofModel: (path) => models.get(path) },
    storedId: (id) => (String(id).trim() === 'NULL' ? undefined : String(id).trim()),
  });
}

const customers = Array.from({ length: 40 }, (_, i) => `c${i}`);

/** What each customer gets, in all four ways of asking, which must agree. */
async function answersOf(questions: ExperimentQuestions, options?: object, ids: readonly string[] = customers) {
  const answers = [];
  for (const id of ids) {
    const answer = await questions.recommend(id, options);
    assert.equal(questions.recommendSync(id, options), answer);
    const ofBasket = { ...options, customer: id };
    const basket = await questions.recommendForBasket(['A'], ofBasket);
    assert.equal(questions.recommendForBasketSync(['A'], ofBasket), basket);
    assert.equal([basket.source, basket.experiment], [answer.source, answer.experiment]);
    // biome-ignore lint/suspicious/noExplicitAny: what the fake was asked with
    answers.push({ ...answer, name: answer.source as string, options: answer.items[0] as any });
  }
  return answers;
}

test('arms get what they say, the control what is served, and lists say so', async () => {
  const answers = await answersOf(questionsWith({ scenario: 'bestsellers' }));
  const arms = answers.map(({ experiment }) => experiment!.arm);
  assert.equal(new Set(arms), new Set(['control', 'b']));
  for (const { name, options, experiment } of answers) {
    assert.equal([name, experiment!.name], ['served', 'taste']);
    if (experiment!.arm === 'control') assert.equal(options, {});
    else assert.equal(options, { n: 10, fields: [], explain: false, scenario: 'bestsellers' });
  }
  const again = await answersOf(questionsWith({ scenario: 'bestsellers' }));
  assert.equal(again, answers);
});

test('lists of an arm look as without it: their length and fields are those of the request and its scenario', async () => {
  const questions = questionsWith({ scenario: 'bestsellers' });
  const inB = async (options: object) =>
    (await answersOf(questions, options)).find(({ experiment }) => experiment!.arm === 'b')!.options;
  assert.equal(await inB({ scenario: 'home' }), { n: 12, fields: ['price'], explain: false, scenario: 'bestsellers' });
  const asked = await inB({ scenario: 'home', n: 2, explain: true, deny: ['A'] });
  assert.equal(asked, { n: 2, fields: ['price'], explain: true, deny: ['A'], scenario: 'bestsellers' });
});

test('an arm with a model is answered by it, and while that is not there, nobody takes part', async () => {
  const answers = await answersOf(questionsWith({ model: 'new.safetensors' }), { n: 3 });
  for (const { name, options, experiment, model } of answers) {
    assert.equal(options, { n: 3 });
    assert.equal([name, model], experiment!.arm === 'b' ? ['new model', 'v2'] : ['served', undefined]);
  }
  const without = await answersOf(questionsWith({ model: 'gone.safetensors' }));
  for (const { name, experiment } of without) assert.equal([name, experiment], ['served', undefined]);
});

test('one customer has one arm, however the id is written; strangers and what is no id have none', async () => {
  const questions = questionsWith({ scenario: 'bestsellers' });
  const [plain, spaced] = await answersOf(questions, undefined, ['c7', ' c7 ']);
  assert.equal(plain, spaced);
  assert.not.ok('experiment' in (await questions.recommendForBasket(['A'])));
  assert.not.ok('experiment' in questions.recommendForBasketSync(['A'], { n: 3 }));
  assert.not.ok('experiment' in (await questions.recommend('NULL')));
});

test('lists take part that are asked for with its scenarios, at its time', async () => {
  const takesPart = async (more: object, options?: object) => {
    const [answer] = await answersOf(questionsWith({ scenario: 'bestsellers' }, more), options, ['c1']);
    return 'experiment' in answer;
  };
  assert.is(await takesPart({}), true);
  assert.is(await takesPart({ for: ['home'] }), false);
  assert.is(await takesPart({ for: ['home'] }, { scenario: 'home' }), true);
  assert.is(await takesPart({}, { scenario: 'new' }), false);
  assert.is(await takesPart({ from: Date.now() + 60_000 }), false);
  assert.is(await takesPart({ until: Date.now() - 1 }), false);
});

test('a request that the arm cannot take is answered as without it, and stays in the arm', async () => {
  const answers = await answersOf(questionsWith({ scenario: 'bestsellers' }), { mix: 2 });
  for (const { options } of answers) assert.equal(options, { mix: 2 });
  assert.ok(answers.some(({ experiment }) => experiment!.arm === 'b'));
});

test('what is wrong with a request is said as without experiments', async () => {
  const unknown = await answersOf(questionsWith({ scenario: 'bestsellers' }), { scenario: 'nowhere' });
  for (const { options, experiment } of unknown)
    assert.equal([options, experiment], [{ scenario: 'nowhere' }, undefined]);
  const wrong = { scenario: 'bestsellers', mix: 1 };
  for (const id of customers)
    assert.throws(
      () => questionsWith({}).recommendSync(id, wrong),
      (error: EndcapError) => error.message === 'mix',
    );
});

test.run();
