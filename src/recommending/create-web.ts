/** `createRecommender` without Node's modules. */
import { kindOf } from '../dataset/arrays.ts';
import { scratchLength, strideOf } from '../kernel/operations/operations.ts';
import { type GivenKernelOptions, kernelFor } from '../kernel/web/given.ts';
import { decodeInPieces, longestRead } from '../model/file/format.ts';
import { roomsIn } from '../model/file/kernel-room.ts';
import type { Model } from '../model/model.ts';
import { recommendInTurns, serveLoaded } from './serving/prepare.ts';
import type { Recommender } from './types.ts';

/** A kernel that is given is the recommender's from here on. */
export type WebRecommenderOptions = GivenKernelOptions;

/**
 * Makes a model ready to answer, on a kernel that it opens or that is given. It works in slices, so that pages stay responsive.
 * Close the recommender when it is no longer needed: it owns the kernel, its threads, and its memory.
 *
 * @param given a model, or the bytes of its file, which takes less time and memory: what the kernel reads is decoded into its
 * memory and not copied.
 *
 * @throws what `openKernel` throws, and of bytes, what `decodeModel` throws; `out_of_memory` if the factors and purchases don't
 * fit into the kernel's memory, `model_unreadable` if the model breaks a promise of its type, such as factors beyond 1e15.
 *
 * @example
 * const response = await fetch('/model.safetensors');
 * const recommender = await createRecommender(new Uint8Array(await response.arrayBuffer()));
 * const { items } = await recommender.recommend('10276', { n: 5 });
 */
export async function createRecommender(
  given: Model | Uint8Array,
  options: WebRecommenderOptions = {},
): Promise<Recommender> {
  const needed = isFile(given) ? roomForFile(given) : roomFor(given);
  const kernel = await kernelFor(options, needed);
  try {
    if (!isFile(given)) return await recommendInTurns(kernel, given);
    const decoding = { pieceBytes: longestRead, ...roomsIn(kernel.memory) };
    const model = await decodeInPieces(given, 'the model', decoding);
    return (await serveLoaded(kernel, model)).recommender;
  } catch (error) {
    void kernel.close();
    throw error;
  }
}

/** Of any realm. */
function isFile(given: Model | Uint8Array): given is Uint8Array {
  return kindOf(given) === 'Uint8Array';
}

/** What lists take besides the model, in bytes: scratch, the lists of a block, filters. */
const roomForLists = 2 ** 25;

/** About how many bytes of kernel memory a model needs, generously. It may be anything until it is checked. */
function roomFor(given: Model): number {
  try {
    const { customers, products, factors, purchases, neighbours } = given;
    const rows = customers.length + products.length;
    const pairs = purchases.products.length + (neighbours?.products.length ?? 0);
    // Factors as they are, packed, and as unit vectors, which similar customers and products are searched in.
    const stride = strideOf(factors);
    const floats = 4 * rows * stride + 32 * rows + 4 * pairs + 2 * scratchLength.alsSolve(stride);
    return roomForLists + (floats > 0 ? 4 * floats : 0);
  } catch {
    return roomForLists;
  }
}

/** What folding in takes at most, with 2,048 factors. */
const roomForFactors = 2 ** 27;

/** The same of its file, in which factors are not padded to 16, and whose number of factors nobody has read yet. */
function roomForFile({ length }: Uint8Array): number {
  return roomForLists + roomForFactors + 12 * length;
}
