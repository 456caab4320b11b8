/** What `smoke.mjs` asks, asked of `endcap/web`, which needs no modules of Node. */
import { createApp, createRecommender, decodeModel, openKernel } from 'endcap/web';
import { answersOf, blocksOf, listsOf } from './answers.mjs';

/**
 * @param bytes of a model file.
 * @param options of the kernel.
 */
export async function webAnswers(bytes, options) {
  const model = await decodeModel(bytes);
  const recommender = await createRecommender(bytes, { kernel: await openKernel(options) });
  try {
    const { failed } = recommender.kernel;
    return { ...(await answersOf(recommender, model, createApp({ recommender }))), failed };
  } finally {
    await recommender.close();
  }
}

/** What a recommender in a Web Worker says of the same customers. */
export async function remoteAnswers(bytes, options) {
  const model = await decodeModel(bytes);
  const recommender = await createRecommender(bytes, { ...options, transfer: true });
  try {
    const lists = await listsOf(recommender, model);
    return { kernel: recommender.kernel, lists, blocks: await blocksOf(recommender), isMoved: bytes.length === 0 };
  } finally {
    await recommender.close();
  }
}
