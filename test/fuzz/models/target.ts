/** Model files: bases of many shapes, spoiled, most under a right checksum. Each is opened, asked, batched, and looked at. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { EndcapError } from '../../../src/errors.ts';
import { decodeModel, encodeModel } from '../../../src/model/file/format.ts';
import type { Model } from '../../../src/model/model.ts';
import type { Random } from '../../../src/random.ts';
import { recommendWith, serveLoaded } from '../../../src/recommending/serving/prepare.ts';
import { aboutModel } from '../../../src/server/answers/model-answer.ts';
import { chance } from '../draw.ts';
import { type Input, type Outcome, randomFrom } from '../target.ts';
import { anyBase } from './bases.ts';
import { backends, lendKernel } from './kernels.ts';
import { mutateModel } from './mutations.ts';
import { askForPages } from './pages.ts';
import { askEverything } from './questions.ts';

export async function make(random: Random): Promise<Input> {
  const file = await anyBase(random);
  const other = await anyBase(random);
  return { 'model.safetensors': chance(random, 0.01) ? file : mutateModel(file, random, other) };
}

export async function run(input: Input): Promise<Outcome> {
  const random = randomFrom(input);
  const [file] = Object.values(input);
  let model: Model;
  try {
    model = await decodeModel(Buffer.from(file));
  } catch (error) {
    return refusal(error);
  }
  if (chance(random, 0.1)) {
    const again = await decodeModel(Buffer.concat(await encodeModel(model)));
    assert.ok(isDeepStrictEqual(again, model), 'a model that was read is not read back equal');
  }
  let answers = 0;
  for (const backend of backends) {
    // Rarer, for it takes twice as long.
    if (backend === 'wasm' && backends.length > 1 && chance(random, 0.6)) continue;
    const kernel = lendKernel(backend, random);
    try {
      // As the commands do, which use the arrays where they are, or as the library does.
      const recommender = chance(random, 0.3)
        ? (await serveLoaded(kernel, model)).recommender
        : recommendWith(kernel, model);
      assert.ok(JSON.stringify(aboutModel(recommender)).length > 0);
      answers += await askEverything(recommender, random);
      if (chance(random, 0.2)) answers += await askForPages(recommender, random);
    } catch (error) {
      return refusal(error);
    } finally {
      kernel.release();
    }
  }
  return { label: 'usable', amounts: { answers } };
}

function refusal(error: unknown): Outcome {
  if (!(error instanceof EndcapError) || error.code !== 'model_unreadable') throw error;
  return { label: `refused: ${error.details.reason}` };
}
