/** What `smoke.mjs` asks, asked of `endcap/web`, which needs no modules of Node. */
import { createApp, createRecommender, decodeModel } from 'endcap/web';
import { answersOf } from './answers.mjs';

/**
 * @param bytes of a model file.
 * @param options of the kernel.
 */
export async function webAnswers(bytes, options) {
  const model = await decodeModel(bytes);
  const recommender = await createRecommender(bytes, options);
  try {
    const { failed } = recommender.kernel;
    return { ...(await answersOf(recommender, model, createApp({ recommender }))), failed };
  } finally {
    await recommender.close();
  }
}
