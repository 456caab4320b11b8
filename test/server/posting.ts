/** Requests to an app over a recommender that answers without a model. */
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { failureAnswer } from '../../src/server/answers/answers.ts';
import { type AppOptions, createApp } from '../../src/server/app.ts';
import { fakeRecommender } from './fake.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
export type Body = Record<string, any>;

/** Posts `body` as JSON, or as it is if it is text. */
export function posting(options: Partial<AppOptions> = {}) {
  const app = createApp({ recommender: fakeRecommender(), onError: unexpected, ...options });
  return async (
    path: string,
    body: unknown,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await app.request(path, { method: 'POST', headers, body: text });
    return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Body };
  };
}

export function unexpected(error: unknown): never {
  throw error;
}

export function isFailure(answer: { status: number; json: Body }, status: number, code: string): void {
  assert.is(answer.status, status, JSON.stringify(answer.json));
  assert.equal(v.parse(failureAnswer, answer.json), answer.json, 'exactly the shape of failures');
  assert.is(answer.json.error.code, code);
}
