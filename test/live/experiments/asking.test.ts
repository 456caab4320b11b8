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
    return { name, options };
  };
  const later = async (about: unknown, options: unknown) => answer(about, options);
  return { recommend: later, recommendForBasket: later, recommendSync: answer, recommendForBasketSync: answer };
}

const scenarios = { home: { n: 12, fields: ['price'] }, bestsellers: { n: 3, explain: true, purchased: 'exclude' } };
const served = fake('served');
const models = new Map([['new.safetensors', fake('new model')]]);

function questionsWith(b: object, more: object = {}): ExperimentQuestions {
  const arms = { control: { share: 50 }, b: { share: 50, ...b } };
  const compiled = compileSettings(
    { scenarios, experiments: { taste: { arms, control: 'control', ...more } } },
    columns,
  );
  return createExperimentQuestions({
    ...{ served, scenarios: { current: () => compiled }, ofModel: (path) => models.get(path) },
    storedId: (id) => (String(id).trim() === 'NULL' ? undefined : String(id).trim()),
  });
}

const customers = Array.from({ length: 40 }, (_, i) => `c${i}`);

/** What each customer gets, in all four ways of asking, which must agree. */
async function answersOf(questions: ExperimentQuestions, options?: object, ids: readonly string[] = customers) {
  const answers = [];
  for (const id of ids) {
    // biome-ignore lint/suspicious/noExplicitAny: answers of the fake
    const answer = (await questions.recommend(id, options)) as any;
    assert.equal(questions.recommendSync(id, options), answer);
    const ofBasket = { ...options, customer: id };
    // biome-ignore lint/suspicious/noExplicitAny: answers of the fake
    const basket = (await questions.recommendForBasket(['A'], ofBasket)) as any;
    assert.equal(questions.recommendForBasketSync(['A'], ofBasket), basket);
    assert.equal([basket.name, basket.experiment], [answer.name, answer.experiment]);
    answers.push(answer);
  }
  return answers;
}

test('arms get what they say, the control what is served, and lists say so', async () => {
  const answers = await answersOf(questionsWith({ scenario: 'bestsellers' }));
  const arms = answers.map(({ experiment }) => experiment.arm);
  assert.equal(new Set(arms), new Set(['control', 'b']));
  for (const { name, options, experiment } of answers) {
    assert.equal([name, experiment.name], ['served', 'taste']);
    if (experiment.arm === 'control') assert.equal(options, {});
    else assert.equal(options, { n: 10, fields: [], explain: false, scenario: 'bestsellers' });
  }
  const again = await answersOf(questionsWith({ scenario: 'bestsellers' }));
  assert.equal(again, answers);
});

test('lists of an arm look as without it: their length and fields are those of the request and its scenario', async () => {
  const questions = questionsWith({ scenario: 'bestsellers' });
  const inB = async (options: object) =>
    (await answersOf(questions, options)).find(({ experiment }) => experiment.arm === 'b').options;
  assert.equal(await inB({ scenario: 'home' }), { n: 12, fields: ['price'], explain: false, scenario: 'bestsellers' });
  const asked = await inB({ scenario: 'home', n: 2, explain: true, deny: ['A'] });
  assert.equal(asked, { n: 2, fields: ['price'], explain: true, deny: ['A'], scenario: 'bestsellers' });
});

test('an arm with a model is answered by it, and while that is not there, nobody takes part', async () => {
  const answers = await answersOf(questionsWith({ model: 'new.safetensors' }), { n: 3 });
  for (const { name, options, experiment } of answers)
    assert.equal([name, options], [experiment.arm === 'b' ? 'new model' : 'served', { n: 3 }]);
  const without = await answersOf(questionsWith({ model: 'gone.safetensors' }));
  for (const answer of without) assert.equal(answer, { name: 'served', options: {} });
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
  assert.ok(answers.some(({ experiment }) => experiment.arm === 'b'));
});

test('what is wrong with a request is said as without experiments', async () => {
  const unknown = await answersOf(questionsWith({ scenario: 'bestsellers' }), { scenario: 'nowhere' });
  for (const answer of unknown) assert.equal(answer, { name: 'served', options: { scenario: 'nowhere' } });
  const wrong = { scenario: 'bestsellers', mix: 1 };
  for (const id of customers)
    assert.throws(
      () => questionsWith({}).recommendSync(id, wrong),
      (error: EndcapError) => error.message === 'mix',
    );
});

test.run();
