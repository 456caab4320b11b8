import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ServedModel } from '../../../src/live/served-model.ts';
import { createAnswering } from '../../../src/live/swapping/answering.ts';
import { thrownBy } from '../../support/errors.ts';

const test = suite('the model that answers');

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const aTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A model that answers when it is told to, with its name. */
function modelNamed(name: string) {
  const waiting: ((error?: Error) => void)[] = [];
  let closed = 0;
  const later = () =>
    new Promise((resolve, reject) => {
      waiting.push((error) => (error ? reject(error) : resolve(name)));
    });
  const served = {
    recommend: later,
    similarProducts: later,
    recommendSync: () => name,
    async *recommendAll() {
      for (let i = 0; i < 3; i++) yield `${name} ${i}`;
    },
    recommendBlocks() {
      throw new Error('not these options');
    },
    async close() {
      closed++;
    },
  } as unknown as ServedModel;
  return { served, answer: (error?: Error) => waiting.shift()!(error), closed: () => closed };
}

test('a question is answered by the model that it was asked of, which is closed once after its last answer', async () => {
  const [first, second] = [modelNamed('first'), modelNamed('second')];
  const { questions, holding, replace, current } = createAnswering(first.served);
  const before = [questions.recommend('a'), questions.similarProducts('b'), questions.recommend('c')];
  const failing = thrownBy(before[2]);
  let finish = () => {};
  const work = holding(async (served) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return served;
  });
  replace(second.served);
  assert.is(current(), second.served);
  const after = questions.recommend('a');
  assert.is(questions.recommendSync('a') as unknown, 'second');
  first.answer();
  first.answer();
  first.answer(new Error('no'));
  assert.equal(await Promise.all(before.slice(0, 2)), ['first', 'first']);
  assert.match(((await failing) as Error).message, 'no');
  assert.is(first.closed(), 0);
  finish();
  assert.is(await work, first.served);
  await aTurn();
  assert.equal([first.closed(), second.closed()], [1, 0]);
  second.answer();
  assert.is((await after) as unknown, 'second');
});

test('a model that owes no answer is closed at once', async () => {
  const [first, second, third] = [modelNamed('first'), modelNamed('second'), modelNamed('third')];
  const { questions, replace } = createAnswering(first.served);
  const asked = questions.recommend('a');
  first.answer();
  await asked;
  await aTurn();
  replace(second.served);
  assert.is(first.closed(), 1);
  replace(third.served);
  assert.equal([second.closed(), third.closed()], [1, 0]);
});

test('what is answered bit by bit keeps its model to the end, or until it is left', async () => {
  const [first, second] = [modelNamed('first'), modelNamed('second')];
  const { questions, replace } = createAnswering(first.served);
  const [whole, left, ended] = [questions.recommendAll(), questions.recommendAll(), questions.recommendAll()];
  await left.next();
  assert.throws(() => questions.recommendBlocks(), /not these options/);
  replace(second.served);
  const lists: unknown[] = [];
  for await (const list of whole) lists.push(list);
  assert.equal(lists, ['first 0', 'first 1', 'first 2']);
  await left.return(undefined);
  assert.is(first.closed(), 0);
  for await (const _ of ended);
  await ended.return(undefined);
  assert.is(first.closed(), 1);
});

test('what is never asked for, or left without a word, does not keep its model for ever', async () => {
  const [first, second] = [modelNamed('first'), modelNamed('second')];
  const { questions, replace } = createAnswering(first.served);
  await (async () => {
    questions.recommendAll();
    await questions.recommendAll().next();
  })();
  replace(second.served);
  assert.is(first.closed(), 0);
  for (let tries = 0; first.closed() === 0; tries++) {
    assert.ok(tries < 200, 'it is kept');
    gc();
    await aTurn();
  }
  assert.is(first.closed(), 1);
});

test.run();
