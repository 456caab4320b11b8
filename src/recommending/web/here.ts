/** Makes recommenders in the thread that calls, without Node's modules. */
import { kindOf } from '../../dataset/arrays.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { scratchLength, strideOf } from '../../kernel/operations/operations.ts';
import { openKernel, type WebKernelOptions } from '../../kernel/web/open.ts';
import { decodeInPieces, longestRead } from '../../model/file/format.ts';
import { roomsIn } from '../../model/file/kernel-room.ts';
import { takePanels } from '../../model/file/panels.ts';
import type { Model } from '../../model/model.ts';
import { recommendInTurns, serveLoaded } from '../serving/prepare.ts';
import type { Recommender } from '../types.ts';

/**
 * Makes a model ready to answer on a kernel, in slices. The kernel is the recommender's from here on, and closed if there is an
 * error.
 *
 * @param given a model, or the bytes of its file, which takes less time and memory: what the kernel reads is decoded into its
 * memory and not copied.
 */
export async function recommendHere(given: Model | Uint8Array, kernel: OpenKernel): Promise<Recommender> {
  try {
    if (!isFile(given)) return await recommendInTurns(kernel, given);
    const decoding = { pieceBytes: longestRead, ...roomsIn(kernel.memory) };
    const model = await decodeInPieces(given, 'the model', decoding);
    return (await serveLoaded(kernel, model, undefined, undefined, takePanels(model))).recommender;
  } catch (error) {
    void kernel.close();
    throw error;
  }
}

/** The same on a kernel that it opens: where memory cannot grow, with as much as the model needs. */
export async function openHere(given: Model | Uint8Array, options: WebKernelOptions): Promise<Recommender> {
  return recommendHere(given, await openKernel(options, isFile(given) ? roomForFile(given) : roomFor(given)));
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
