/** A Worker that answers like Endcap's server: `POST /recommend`, from a model that is deployed with it. */

import module from 'endcap/wasm/endcap.simd.unshared.wasm';
import { createApp, createRecommender, openKernel } from 'endcap/web';
import model from './model.safetensors';

let app;

async function open() {
  const recommender = await createRecommender(new Uint8Array(model), { kernel: await openKernel({ module }) });
  return createApp({ recommender });
}

export default {
  async fetch(request) {
    // Not at the start, when workers may not take time.
    app ??= open();
    return (await app).fetch(request);
  },
};
