import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultBlend } from '../../../src/ranking/weights.ts';
import { joinJudges } from '../../../src/tuning/judging/joined-judge.ts';
import type { Judge, MeasureOptions } from '../../../src/tuning/judging/judge.ts';

const test = suite('joined judge');

/** Reports the same recall for the given customers, and twice as much NDCG. */
function judgeOf(customers: number[], recall: number): Judge {
  return {
    async measure({ trend }, report, { questions = ['all'] }: MeasureOptions = {}) {
      for (const question of questions)
        for (const customer of customers) report(question, customer, recall + trend, 2 * recall);
    },
  };
}

async function reportsOf(judge: Judge, options?: MeasureOptions) {
  const reports: unknown[] = [];
  await judge.measure({ ...defaultBlend, trend: 1 }, (...each) => reports.push(each), options);
  return reports;
}

test('a customer of several samples counts once, by the mean', async () => {
  const joined = joinJudges([judgeOf([1, 4], 0), judgeOf([4, 5], 0.5)]);
  assert.equal(await reportsOf(joined), [
    ['all', 1, 1, 0],
    ['all', 4, 1.25, 0.5],
    ['all', 5, 1.5, 1],
  ]);
});

test('the questions are passed on', async () => {
  const joined = joinJudges([judgeOf([1], 0), judgeOf([1], 1)]);
  assert.equal(await reportsOf(joined, { questions: ['explore', 'repeat'] }), [
    ['explore', 1, 1.5, 1],
    ['repeat', 1, 1.5, 1],
  ]);
});

test('one judge stays as it is', () => {
  const judge = judgeOf([1], 0);
  assert.is(joinJudges([judge]), judge);
});

test.run();
