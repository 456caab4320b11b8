/**
 * What a recommender answers, in a form that hosts can be compared by. Plain JavaScript without imports, so that it runs in
 * Node, Deno, Bun, browsers, and at the edge.
 */

/**
 * @param recommender of the model.
 * @param app that of `createApp({ recommender })`.
 */
export async function answersOf(recommender, model, app) {
  const { backend, isa, threads } = recommender.kernel;
  const lists = await listsOf(recommender, model);
  const blocks = await blocksOf(recommender);
  const body = JSON.stringify({ user_id: model.customers[0], num_recommendations: 10 });
  const headers = { 'content-type': 'application/json' };
  const response = await app.request('/recommend', { method: 'POST', headers, body });
  const { recommendations = [], ...rest } = await response.json();
  return {
    kernel: { backend, isa, threads },
    customers: model.customers.length,
    factors: await hashOf(model.customerFactors, model.productFactors),
    blocks,
    request: { status: response.status, source: rest.source, products: recommendations.map(({ product }) => product) },
    lists,
  };
}

/** The lists of fifty customers. */
export async function listsOf(recommender, model) {
  const lists = {};
  for (const customer of model.customers.slice(0, 50)) {
    const { items } = await recommender.recommend(customer);
    lists[customer] = items.map(({ product, score }) => [product, score]);
  }
  return lists;
}

/** A hash of everybody's lists. */
export async function blocksOf(recommender) {
  const blocks = [];
  for await (const block of recommender.recommendBlocks({ n: 10 })) blocks.push(block.rows.slice());
  return hashOf(...blocks);
}

/** The first 16 hexadecimal digits of the SHA-256 of arrays of numbers, as a little-endian machine has them. */
async function hashOf(...arrays) {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let end = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), end);
    end += byteLength;
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
