import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';

const test = suite('create a recommender');
const model = randomModel(zipfDataset(20, 30, 100), 4);

test('it reports the kernel that answers, and nothing that computes', async () => {
  const options = { backend: 'wasm', isa: 'scalar', threads: 2 } as const;
  const { backend, isa, threads, failed } = openKernel(options);
  const recommender = createRecommender(model, options);
  assert.equal(recommender.kernel, { backend, isa, threads, failed });
  await recommender.close();
});

test('unknown options are refused, so that a slip does not pass for a default', () => {
  for (const options of [{ thread: 2 }, { backend: 'wasm', n: 5 }])
    assert.throws(
      () => createRecommender(model, options as never),
      (error: unknown) =>
        error instanceof EndcapError &&
        error.code === 'invalid_options' &&
        /^(thread|n): .*one of the options backend, isa, threads/.test(error.message),
    );
});

test.run();
