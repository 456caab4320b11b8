import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../../src/kernel/open.ts';
import { trainAls } from '../../src/training/als.ts';
import { sharedData } from '../support/skip.ts';
import { type Comparison, contest, type Row } from './contest.ts';
import { datasetOf, type Pairs, readNumbers, writeNumbers, writePairs, zipfPairs } from './data.ts';
import { timeOf } from './measure.ts';
import { type Environment, type Peer, startPeer } from './python.ts';

/*
 * With B the bought pairs, c their confidence, and s = x.y, implicit and rusket minimize
 *
 *   sum over B of c (1 - s)^2  +  sum over the others of s^2  +  lambda (|X|^2 + |Y|^2)                          (theirs)
 *
 * and ours minimizes, with weight a for bought pairs, weight 1 for all pairs, and the same regularization r for every row,
 *
 *   sum over B of [a (1 - s)^2 + s^2]  +  sum over the others of s^2  +  r (|X|^2 + |Y|^2).                      (ours)
 *
 * On B, a (1 - s)^2 + s^2 equals (a + 1) (s - t)^2 plus a constant, with t = a / (a + 1). If our factors are sqrt(t) times
 * theirs, our s is t times theirs, and our objective is t^2 times theirs for a = c - 1 and r = t lambda. Conjugate
 * gradients are invariant under such scaling: both sides take the same steps.
 */
const confidence = 2;
const lambda = 0.01;
const target = (confidence - 1) / confidence;
const sameObjective = {
  confidence: 'equal',
  alpha: confidence - 1,
  unobservedWeight: 1,
  regularization: target * lambda,
  frequencyExponent: 0,
  solver: 'cg',
  cgSteps: 3,
} as const;

/** The input of both sides: the same pairs in a folder and in memory. */
interface Problem {
  pairs: Pairs;
  dataset: Dataset;
  folder: string;
}

async function problemOf(parent: string, name: string, pairs: Pairs): Promise<Problem> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  writePairs(folder, pairs);
  return { pairs, dataset: datasetOf(pairs), folder };
}

/** Their objective. The sum over all pairs comes from the Gram matrices: <X'X, Y'Y>. */
function lossOf({ products, offsets, rows }: Pairs, x: Float32Array, y: Float32Array, factors: number): number {
  let loss = 0;
  for (let c = 0; c + 1 < offsets.length; c++) {
    for (let i = offsets[c]; i < offsets[c + 1]; i++) {
      let s = 0;
      for (let k = 0; k < factors; k++) s += x[c * factors + k] * y[rows[i] * factors + k];
      loss += confidence * (1 - s) ** 2 - s * s;
    }
  }
  const gx = gramOf(x, offsets.length - 1, factors);
  const gy = gramOf(y, products, factors);
  for (let k = 0; k < gx.length; k++) loss += gx[k] * gy[k];
  for (let k = 0; k < factors; k++) loss += lambda * (gx[k * factors + k] + gy[k * factors + k]);
  return loss;
}

function gramOf(x: Float32Array, count: number, factors: number): Float64Array {
  const gram = new Float64Array(factors * factors);
  for (let row = 0; row < count * factors; row += factors)
    for (let i = 0; i < factors; i++)
      for (let j = 0, a = x[row + i]; j < factors; j++) gram[i * factors + j] += a * x[row + j];
  return gram;
}

const iterationsToCompare = 10;

async function ourLoss(kernel: OpenKernel, { dataset, pairs }: Problem, factors: number): Promise<number> {
  const options = { ...sameObjective, factors, iterations: iterationsToCompare };
  const trained = await trainAls(kernel, dataset, options);
  // All sizes compared here are multiples of 16, so rows have no padding.
  const scaled = (values: Float32Array) => values.map((value) => value / Math.sqrt(target));
  return lossOf(pairs, scaled(trained.customerFactors), scaled(trained.productFactors), factors);
}

async function peerLoss(peer: Peer, command: string, { folder, pairs }: Problem, factors: number): Promise<number> {
  const save = join(folder, command);
  await peer.ask(command, { ...request({ folder, pairs }, factors, iterationsToCompare), save });
  const read = (name: string) => readNumbers(`${save}.${name}`, Float32Array);
  return lossOf(pairs, read('customers'), read('products'), factors);
}

function request({ folder, pairs }: Pick<Problem, 'folder' | 'pairs'>, factors: number, iterations: number) {
  return { folder, products: pairs.products, factors, iterations, confidence, regularization: lambda };
}

function compareLosses(ours: number, theirs: number): Comparison {
  const above = theirs / ours - 1;
  const text = `its loss ${(100 * Math.abs(above)).toFixed(2)} % ${above > 0 ? 'above' : 'below'} ours`;
  return { text, agrees: Math.abs(above) < 0.01 };
}

/** The time of one iteration after the first: the set-up is in both fits and cancels out. */
async function perIteration(fit: (iterations: number) => Promise<number>, more: number): Promise<number> {
  const once = await fit(1);
  return ((await fit(1 + more)) - once) / more;
}

interface Round {
  work: string;
  timed: Problem;
  compared: Problem;
  factors: number;
  /** Iterations that ours and theirs are timed over, so that both take about as long. */
  more: [number, number];
  rivals: { name: 'implicit' | 'rusket'; aim?: number }[];
}

async function race(kernel: OpenKernel, peer: Peer, round: Round): Promise<Row[]> {
  const { timed, compared, factors, more } = round;
  const ours = await ourLoss(kernel, compared, factors);
  const fit = (iterations: number) =>
    timeOf(() => trainAls(kernel, timed.dataset, { ...sameObjective, factors, iterations }));
  return await contest(
    round.work,
    3,
    () => perIteration(fit, more[0]),
    round.rivals.map(({ name, aim }) => {
      const command = `als_${name}`;
      const theirFit = async (iterations: number) =>
        1000 * (await peer.ask(command, request(timed, factors, iterations))).seconds;
      return {
        name,
        aim,
        run: () => perIteration(theirFit, more[1]),
        compare: async () => compareLosses(ours, await peerLoss(peer, command, compared, factors)),
      };
    }),
  );
}

async function withPeer<T>(
  environment: Environment,
  options: KernelOptions & { threads: number },
  work: (kernel: OpenKernel, peer: Peer) => Promise<T>,
): Promise<T> {
  const kernel = openKernel(options);
  const peer = startPeer(environment, options.threads);
  try {
    return await work(kernel, peer);
  } finally {
    peer.close();
    await kernel.close();
  }
}

/** Times ALS iterations on 10 million pairs; losses are compared on one million. */
export async function als(environment: Environment, threads: number, folder: string): Promise<Row[]> {
  const timed = await problemOf(folder, 'pairs-10m', zipfPairs(138_000, 20_000, 10_000_000));
  const compared = await problemOf(folder, 'pairs-1m', zipfPairs(13_800, 2000, 1_000_000));
  const size = '138,000 x 20,000, 10 M pairs';
  const rows = await withPeer(environment, { threads }, async (kernel, peer) => {
    const implicit = { name: 'implicit', aim: 5 } as const;
    const rusket = { name: 'rusket', aim: 2 } as const;
    const all: Row[] = [];
    for (const [factors, more, rivals] of [
      [64, 6, [implicit, rusket]],
      [128, 5, [implicit, rusket]],
      [256, 3, [implicit]],
    ] as const) {
      const work = `ALS iteration, ${size}, ${factors} factors, ${threads} threads`;
      all.push(...(await race(kernel, peer, { work, timed, compared, factors, more: [more, 2], rivals: [...rivals] })));
    }
    const shop = await problemOf(folder, 'pairs-shop', zipfPairs(47_000, 2500, 640_000));
    const work = `ALS iteration, 47,000 x 2,500, 640,000 pairs, 128 factors, ${threads} threads`;
    const few = [{ name: 'implicit', aim: 4 }] as const;
    all.push(
      ...(await race(kernel, peer, {
        work,
        timed: shop,
        compared: shop,
        factors: 128,
        more: [30, 8],
        rivals: [...few],
      })),
    );
    return all;
  });
  // ENDCAP_ISA names a native one.
  const ofWasm = { backend: 'wasm', isa: 'relaxed', threads: 1 } as const;
  const inWasm = await withPeer(environment, ofWasm, (kernel, peer) => {
    const work = `the same, 64 factors, one thread, ours in wasm (${kernel.isa})`;
    return race(kernel, peer, {
      work,
      timed,
      compared,
      factors: 64,
      more: [2, 2],
      rivals: [{ name: 'implicit', aim: 1 }],
    });
  });
  return [...rows, ...inWasm];
}

/** Rows of each side that the dense solver is timed on. */
const sampledRows = 150;

/** Times exact iterations, on rows of few pairs, against a dense solve of each row. */
export async function exact(environment: Environment, threads: number, folder: string): Promise<Row[]> {
  const problem = await problemOf(folder, 'pairs-exact', zipfPairs(30_000, 40_000, 800_000));
  return await withPeer(environment, { threads }, async (kernel, peer) => {
    const rows: Row[] = [];
    for (const [factors, more] of [
      [256, 4],
      [512, 2],
      [1024, 1],
    ]) {
      const train = (iterations: number) =>
        trainAls(kernel, problem.dataset, { ...sameObjective, solver: 'exact', factors, iterations });
      const [customers, products] = ['customers', 'products'].map((side) => join(folder, `exact-${factors}.${side}`));
      const dense = async (side: string, fixed: string) => {
        const parameters = { ...request(problem, factors, 1), side, fixed, sample: sampledRows };
        const regularization = sameObjective.regularization;
        return (await peer.ask('solve_lapack', { ...parameters, regularization, save: customers })).seconds;
      };
      const compare = async () => {
        // The customers were solved last, with the products as they are.
        const trained = await train(1);
        writeNumbers(customers, trained.customerFactors);
        writeNumbers(products, trained.productFactors);
        await dense('customers', products);
        return compareSolutions(
          trained.customerFactors,
          readNumbers(`${customers}.rows`, Uint32Array),
          readNumbers(`${customers}.solved`, Float32Array),
        );
      };
      rows.push(
        ...(await contest(
          `exact ALS iteration, 30,000 x 40,000, 800,000 pairs, ${factors} factors, ${threads} threads`,
          3,
          () => perIteration((iterations) => timeOf(() => train(iterations)), more),
          [
            {
              name: 'numpy and LAPACK, rows sampled',
              aim: 5,
              run: async () => 1000 * ((await dense('products', customers)) + (await dense('customers', products))),
              compare,
            },
          ],
        )),
      );
    }
    return rows;
  });
}

/** Compares the rows of x with those that were sampled and solved by another. */
function compareSolutions(x: Float32Array, rows: Uint32Array, solved: Float32Array): Comparison {
  const factors = solved.length / rows.length;
  let [largest, off] = [0, 0];
  for (const [i, row] of rows.entries())
    for (let k = 0; k < factors; k++) {
      largest = Math.max(largest, Math.abs(solved[i * factors + k]));
      off = Math.max(off, Math.abs(x[row * factors + k] - solved[i * factors + k]));
    }
  const share = off / largest;
  return { text: `factors differ by ${share.toExponential(1)} of the largest`, agrees: share < 1e-3 };
}

/** Times ALS on the orders of a real shop, if they are beside the checkout. */
export async function retail(environment: Environment, threads: number, folder: string): Promise<Row[]> {
  const { path, absent } = sharedData('online-retail.parquet');
  if (absent !== undefined) {
    console.error(`retail: ${absent}`);
    return [];
  }
  const { purchases, products } = await readOrders(path);
  const pairs = { products: products.length, offsets: purchases.offsets, rows: purchases.products };
  const problem = await problemOf(folder, 'retail', pairs);
  return await withPeer(environment, { threads }, (kernel, peer) =>
    race(kernel, peer, {
      work: `ALS iteration, Online Retail, ${purchases.products.length} pairs, 64 factors, ${threads} threads`,
      timed: problem,
      compared: problem,
      factors: 64,
      more: [100, 20],
      rivals: [{ name: 'implicit' }, { name: 'rusket' }],
    }),
  );
}
