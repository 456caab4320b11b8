import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyIn } from '../../../src/kernel/memory.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import type { Neighbours } from '../../../src/model/model.ts';
import { noRows, toFilter } from '../../../src/recommending/filters.ts';
import { scoreBlocks } from '../../../src/recommending/scoring/batch.ts';
import { packCandidates, padIn } from '../../../src/recommending/scoring/candidates.ts';
import { neighbourTerm } from '../../../src/recommending/scoring/neighbours.ts';
import { createScorer, type Query } from '../../../src/recommending/scoring/scorer.ts';
import type { BatchOptions } from '../../../src/recommending/types.ts';
import { randomModel, zipfDataset } from '../../bench/data.ts';
import { backends, numbers } from '../../kernel/backends.ts';

const test = suite('scorer');
const factors = 10;
const model = randomModel(zipfDataset(4500, 300, 60_000), factors);
const { purchases, productFactors, customerFactors } = model;
const random = numbers(3);
const priors = Float32Array.from(model.products, () => random() - 0.5);
const bonuses = Float32Array.from(purchases.products, () => 3 * random() ** 3 - 0.2);
const root = 2;
const [from, to] = [7, 4400];
const every = 211;

/** Each product has up to five neighbours, of either sign. */
const neighbours = neighboursOf(model.products.length, 5);
const weight = 1.5;

function neighboursOf(products: number, most: number): Neighbours {
  const lists = Array.from({ length: products }, () =>
    [...new Set(Array.from({ length: most }, () => Math.floor(products * random() ** 2)))].sort((a, b) => a - b),
  );
  let end = 0;
  return {
    offsets: Uint32Array.from([0, ...lists.map(({ length }) => (end += length))]),
    products: Uint32Array.from(lists.flat()),
    strengths: Float32Array.from(lists.flat(), () => random() - 0.2),
  };
}

/** What neighbours add to the score of a product, in 64 bits. All products of the customers fit into `maxNeighbours`. */
function partOf(customer: number, product: number): number {
  let sum = 0;
  for (let pair = purchases.offsets[customer]; pair < purchases.offsets[customer + 1]; pair++) {
    const [from, to] = [0, 1].map((next) => neighbours.offsets[purchases.products[pair] + next]);
    for (let at = from; at < to; at++) if (neighbours.products[at] === product) sum += neighbours.strengths[at];
  }
  return weight * Math.sqrt(Math.max(0, sum));
}

/** The formula in 64 bits. */
function scoreOf(customer: number, product: number): number {
  let dot = 0;
  for (let k = 0; k < factors; k++)
    dot += customerFactors[customer * factors + k] * productFactors[product * factors + k];
  const pair = purchases.products.indexOf(product, purchases.offsets[customer]);
  const bought = pair >= 0 && pair < purchases.offsets[customer + 1];
  return root * Math.sqrt(Math.max(0, dot)) + priors[product] + (bought ? bonuses[pair] : 0);
}

const cases: BatchOptions[] = [
  {},
  { n: 40, purchased: 'only' },
  { purchased: 'exclude' },
  { deny: ['3', '4', '100'] },
  { n: 30, purchased: 'only', deny: ['0', '1'], allow: Array.from({ length: 200 }, (_, row) => String(row)) },
];

for (const { name, options, absent } of backends) {
  if (absent) continue;
  for (const hasNeighbours of [false, true])
    test(`${name}: blocks, queries here and queries on threads give the same lists, by the formula ${hasNeighbours ? 'with' : 'without'} neighbours`, async () => {
      const kernel = openKernel({ ...options, threads: 1 });
      const vectors = padIn(kernel, customerFactors, factors);
      const formula = {
        root,
        priors: copyIn(kernel.memory, Float32Array, priors),
        neighbours: hasNeighbours ? neighbourTerm(kernel, neighbours, weight) : undefined,
      };
      const expected = (customer: number, row: number) =>
        scoreOf(customer, row) + (hasNeighbours ? partOf(customer, row) : 0);
      const candidates = packCandidates(kernel, padIn(kernel, productFactors, factors), factors, formula);
      const { stride } = candidates;
      const scorer = createScorer(kernel);
      for (const wanted of cases) {
        const filter = toFilter(wanted, (id) => Number(id), Object.keys(wanted));
        const passes = (row: number) => !filter.denied.includes(row) && (filter.allowed?.includes(row) ?? true);
        const only = wanted.purchased === 'only';

        function queryOf(customer: number, hasBonus: boolean): Query {
          const [first, end] = [purchases.offsets[customer], purchases.offsets[customer + 1]];
          const bought = purchases.products.subarray(first, end);
          return {
            vector: vectors.subarray(customer * stride, (customer + 1) * stride),
            candidates,
            n: filter.n,
            allowed: only ? bought.filter(passes) : undefined,
            denied: wanted.purchased === 'exclude' ? bought : only ? noRows : filter.denied,
            bonus: hasBonus ? { rows: bought, values: bonuses.subarray(first, end) } : undefined,
          };
        }

        const blocks = scoreBlocks(kernel, vectors, candidates, purchases, bonuses, filter, { from, to });
        for await (const { firstCustomer, customers, n, rows, scores } of blocks) {
          const sample = Array.from({ length: customers }, (_, c) => c).filter((c) => c % every === 0);
          // The first customer has no bonuses, among others that have some.
          const queries = sample.map((c) => queryOf(firstCustomer + c, c > 0));
          const here = scorer.here(queries);
          const hereRows = here.rows.slice();
          const hereScores = here.scores.slice();
          const there = await scorer.onThreads(queries);
          assert.equal(there.rows.subarray(0, queries.length * n), hereRows.subarray(0, queries.length * n));
          for (const [i, c] of sample.entries()) {
            if (c === 0) continue;
            const what = `${JSON.stringify(wanted)} customer ${firstCustomer + c}`;
            assert.equal(rows.subarray(c * n, (c + 1) * n), hereRows.subarray(i * here.n, i * here.n + n), what);
            assert.equal(scores.subarray(c * n, (c + 1) * n), hereScores.subarray(i * here.n, i * here.n + n), what);
            for (let place = c * n; place < (c + 1) * n && rows[place] < model.products.length; place++)
              assert.ok(Math.abs(scores[place] - expected(firstCustomer + c, rows[place])) < 1e-3, what);
          }
        }
      }
      await kernel.close();
    });
}

test.run();
