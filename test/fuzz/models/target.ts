/** Model files: bases of many shapes, spoiled, most under a right checksum. Each is opened, asked, batched, and looked at. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { bytesOf } from '../../../src/bytes.ts';
import { EndcapError } from '../../../src/errors.ts';
import type { OpenKernel } from '../../../src/kernel/kernel.ts';
import { decodeInPieces, decodeModel, encodeWith, longestRead } from '../../../src/model/file/format.ts';
import { roomsIn } from '../../../src/model/file/kernel-room.ts';
import { panelsOf, takePanels } from '../../../src/model/file/panels.ts';
import type { Model } from '../../../src/model/model.ts';
import type { Random } from '../../../src/random.ts';
import { recommendWith, serveLoaded } from '../../../src/recommending/serving/prepare.ts';
import type { Recommender } from '../../../src/recommending/types.ts';
import { aboutModel } from '../../../src/server/answers/model-answer.ts';
import { chance } from '../draw.ts';
import { type Input, type Outcome, randomFrom } from '../target.ts';
import { anyBase } from './bases.ts';
import { draftOf } from './draft.ts';
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
  const [given] = Object.values(input);
  const file = Buffer.from(given);
  let model: Model;
  try {
    model = await decodeModel(file);
  } catch (error) {
    return refusal(error);
  }
  if (chance(random, 0.1)) {
    const again = await decodeModel(Buffer.concat(await encodeWith(model, 0)));
    assert.ok(isDeepStrictEqual(again, model), 'a model that was read is not read back equal');
  }
  let answers = 0;
  for (const backend of backends) {
    // Rarer, for it takes twice as long.
    if (backend === 'wasm' && backends.length > 1 && chance(random, 0.6)) continue;
    const kernel = lendKernel(backend, random);
    try {
      // As the commands do, which use the arrays where they are, or as the library does.
      const loads = chance(random, 0.4);
      const recommender = loads ? await openedIn(kernel, file) : recommendWith(kernel, model);
      assert.ok(JSON.stringify(aboutModel(recommender)).length > 0);
      answers += await askEverything(recommender, random, loads && !hasOwnPanels(file, model));
      if (chance(random, 0.2)) answers += await askForPages(recommender, random);
    } catch (error) {
      return refusal(error);
    } finally {
      kernel.release();
    }
  }
  return { label: 'usable', amounts: { answers } };
}

async function openedIn(kernel: OpenKernel, file: Uint8Array): Promise<Recommender> {
  const rooms = roomsIn(kernel.memory);
  const model = await decodeInPieces(file, 'the model', { pieceBytes: longestRead, ...rooms });
  return (await serveLoaded(kernel, model, undefined, undefined, takePanels(model))).recommender;
}

/** Whether its panels, if there are any, are those of its factors: by bounds of others, lists lack products. */
function hasOwnPanels(file: Uint8Array, model: Model): boolean {
  const { tensors } = draftOf(file);
  const [order, packed] = ['product_order', 'product_panels'].map((name) => tensors.find((each) => each.name === name));
  if (!order || !packed) return true;
  const own = panelsOf(model);
  return order.bytes.equals(bytesOf(own.order)) && packed.bytes.equals(bytesOf(own.packed));
}

function refusal(error: unknown): Outcome {
  if (!(error instanceof EndcapError) || error.code !== 'model_unreadable') throw error;
  return { label: `refused: ${error.details.reason}` };
}
