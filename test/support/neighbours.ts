import type { Model, Neighbours } from '../../src/model/model.ts';

/** The model with neighbours of this weight, by the cosine of their buyers. */
export function withNeighbours(model: Model, weight: number): Model {
  const { metadata } = model;
  return {
    ...model,
    neighbours: cosinesOf(model),
    metadata: { ...metadata, ranking: { ...metadata.ranking!, neighbours: weight } },
  };
}

function cosinesOf({ products, purchases }: Pick<Model, 'products' | 'purchases'>): Neighbours {
  const both = products.map(() => new Map<number, number>());
  const buyers = new Float64Array(products.length);
  for (let c = 0; c + 1 < purchases.offsets.length; c++) {
    const own = purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]);
    for (const j of own) {
      buyers[j]++;
      for (const i of own) if (i !== j) both[j].set(i, (both[j].get(i) ?? 0) + 1);
    }
  }
  const lists = both.map((counts, j) =>
    [...counts].sort(([a], [b]) => a - b).map(([i, count]) => [i, count / Math.sqrt(buyers[i] * buyers[j])]),
  );
  let end = 0;
  return {
    offsets: Uint32Array.from([0, ...lists.map(({ length }) => (end += length))]),
    products: Uint32Array.from(lists.flat(), ([row]) => row),
    strengths: Float32Array.from(lists.flat(), ([, strength]) => strength),
  };
}
