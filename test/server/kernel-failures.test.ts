/** What requests see if the kernel fails: their own 500, and the next ones an answer. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import type { EndcapError } from '../../src/errors.ts';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { recommendWith } from '../../src/recommending/serving/prepare.ts';
import { failureAnswer } from '../../src/server/answers/answers.ts';
import { createApp } from '../../src/server/app.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';

const test = suite('kernel failures');
// Enough products that forty requests are more work than the calling thread does.
const model = randomModel(zipfDataset(500, 25_000, 5000), 48);
const { customers } = model;

/** A list, or what went wrong. */
interface Body {
  recommendations: { product: string }[];
  error: { code: string };
}

/** An app on a kernel; `errors` are what its 500s were caused by. */
function appOn(kernel: OpenKernel) {
  const recommender = recommendWith(kernel, model);
  const errors: EndcapError[] = [];
  const app = createApp({ recommender, onError: (error) => errors.push(error as EndcapError) });
  const headers = { 'content-type': 'application/json' };
  async function recommend(customer: string) {
    const body = JSON.stringify({ user_id: customer });
    const response = await app.request('/recommend', { method: 'POST', headers, body });
    // No two lists have the same id.
    const { recommendation_id: _, ...json } = (await response.json()) as Body & { recommendation_id?: string };
    return { status: response.status, json };
  }
  return { recommender, errors, recommend };
}

type Answer = Awaited<ReturnType<ReturnType<typeof appOn>['recommend']>>;

function isInternal({ status, json }: Answer): void {
  assert.is(status, 500);
  assert.equal(v.parse(failureAnswer, json), json);
  assert.is(json.error.code, 'internal');
  assert.not.match(JSON.stringify(json), /thread|kernel|memory/i, 'a stranger learns nothing of the machine');
}

test('a call of the kernel that throws is a 500 of its request, and the next request is answered', async () => {
  const kernel = openKernel({ threads: 1 });
  const { topN } = kernel.operations;
  let broken = false;
  const operations = {
    ...kernel.operations,
    topN(args: Parameters<typeof topN>[0]) {
      if (broken) throw new RangeError('topN: rows has 4 elements, but needs 5');
      return topN(args);
    },
  };
  const { recommender, errors, recommend } = appOn({ ...kernel, operations });
  const expected = await recommend(customers[0]);
  assert.is(expected.status, 200);
  broken = true;
  isInternal(await recommend(customers[0]));
  broken = false;
  assert.equal(await recommend(customers[0]), expected);
  assert.equal(
    errors.map(({ message }) => message),
    ['topN: rows has 4 elements, but needs 5'],
  );
  await recommender.close();
});

test('a thread that dies is a 500 of the requests it worked for; others and the next ones are answered', async () => {
  const { recommender, errors, recommend } = appOn(openKernel({ threads: 2 }));
  const started = once(process, 'worker') as Promise<[Worker]>;
  await Promise.all(customers.slice(0, 40).map(recommend));
  const [worker] = await started;
  // It dies before it sees the next job.
  worker.postMessage = () => void worker.terminate();
  const unlucky = customers.slice(0, 40).map(recommend);
  const [alone, ...answers] = await Promise.all([recommend('nobody'), ...unlucky]);
  assert.is(alone.status, 200);
  for (const answer of answers) isInternal(answer);
  assert.equal([...new Set(errors.map(({ code }) => code))], ['kernel_unavailable']);
  assert.match(errors[0].message, /a thread of the kernel died: .*ENDCAP_THREADS/);
  const next = await Promise.all(customers.slice(0, 40).map(recommend));
  assert.ok(next.every(({ status }) => status === 200));
  assert.equal(
    next[3].json.recommendations.map(({ product }) => product),
    recommender.recommendSync(customers[3], { n: 5 }).items.map(({ product }) => product),
  );
  await recommender.close();
});

test.run();
