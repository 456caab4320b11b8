/** What is asked of `endcap solve`, one request after another, and what is kept from one to the next. */
import { EndcapError } from '../../errors.ts';
import { balancedBounds, evenBounds, type OpenKernel } from '../../kernel/kernel.ts';
import type { Memory } from '../../kernel/memory.ts';
import { longRow, maxFactors, solvers, strideOf } from '../../kernel/operations/operations.ts';
import type { Scope } from '../../kernel/scope.ts';
import { createRandom, type Random } from '../../random.ts';
import { sum } from '../confidence.ts';
import { scheduleRows } from '../schedule.ts';
import { drawRows } from '../start.ts';
import { byProduct, type PairArrays, pairsOf } from './block.ts';
import { answers, type Frame, frameOf, malformed, type Request } from './protocol.ts';

/** Rows of factors, padded to the stride in kernel memory. */
interface Side {
  readonly rows: number;
  readonly factors: number;
  readonly stride: number;
  readonly x: Float32Array;
}

/** Random numbers of one `draw`, at most. */
const maxDrawn = 2 ** 26;

type Settings = Float64Array;
type Answer = Promise<Uint8Array[]> | Uint8Array[];
type Handlers = { readonly [R in Request]: (scope: Scope, arrays: never) => Answer };

/** Answers requests on a kernel, each with a scope of its own. */
export function createSession(kernel: OpenKernel): (scope: Scope, frame: Frame) => Answer {
  let products: Side | undefined;
  let held: number | undefined;
  let gram: Float32Array | undefined;
  let random: Random | undefined;
  let sums: { readonly of: 'vectors' | 'squares'; readonly values: Float32Array } | undefined;

  const handlers: Handlers = {
    /** Keeps the products' factors, or what stands in their place, such as a direction. Their Gram matrix and sums go. */
    products(scope, [settings, values]: [Settings, Float32Array]) {
      const [factors, number] = numbers(settings, 2);
      const side = sideOf(scope.memory, checkFactors(factors), values);
      if (side.rows === 0) throw malformed('has no products');
      release('gram');
      release('sums');
      if (products) kernel.memory.free(products.x);
      products = side;
      held = number;
      scope.keep(side.x);
      return frameOf(answers.done);
    },

    /** Keeps the Gram matrix of the products, as it comes, or `scale` times that of the products if it is empty. */
    async gram(scope, [settings, values]: [Settings, Float32Array]) {
      const { factors, stride } = needProducts();
      const [scale] = numbers(settings, 1);
      if (!(scale >= 0 && scale <= 1e30)) throw malformed(`has a scale of ${scale}; it is from 0 to 1e30`);
      if (values.length !== 0 && values.length !== factors * factors)
        throw malformed(`has a Gram matrix of ${values.length} numbers, not of ${factors} x ${factors}`);
      const made =
        values.length === 0
          ? await gramOf(scope, needProducts(), scale)
          : padded(scope.memory, values, factors, factors, stride * stride);
      release('gram');
      gram = made;
      scope.keep(made);
      return frameOf(answers.done);
    },

    /** Begins the random numbers that a training with this seed begins with: products in their order, then customers. */
    seed(_, [settings]: [Settings]) {
      random = createRandom(numbers(settings, 1)[0]);
      return frameOf(answers.done);
    },

    draw(scope, [settings]: [Settings]) {
      const [rows, factors, isKept] = numbers(settings, 3);
      if (!random) throw malformed('draws before there is a seed');
      if (!(isWhole(rows, 0, maxDrawn) && isWhole(factors, 1, maxFactors) && rows * factors <= maxDrawn))
        throw malformed(`draws ${rows} x ${factors} numbers; at most ${maxDrawn} are drawn at once`);
      const x = scope.memory.allocate(Float32Array, rows * factors);
      drawRows(random, factors, factors, { rows, x });
      return frameOf(answers.values, [isKept === 1 ? x : new Float32Array()].map(copied));
    },

    /** Solves customers by conjugate gradients from where they are. */
    async solve(scope, [settings, ...rest]: [Settings, ...PairArrays, Float32Array, Float32Array]) {
      const side = needProducts();
      const [steps] = numbers(settings, 1);
      if (!isWhole(steps, 1, 100)) throw malformed(`asks for ${steps} steps; they are from 1 to 100`);
      if (!gram) throw malformed('solves customers before there is a Gram matrix');
      const { offsets, indices, weights, rights } = pairsOf(rest.slice(0, 4) as unknown as PairArrays, side.rows);
      const [penalties, values] = rest.slice(4) as [Float32Array, Float32Array];
      const solved = customersOf(scope.memory, values, offsets, side);
      if (penalties.length !== solved.rows || !penalties.every((penalty) => penalty >= 0 && penalty < Infinity))
        throw malformed('has penalties that are not one finite number of at least 0 for each customer');
      const { order, bounds } = scheduleRows(scope.memory, offsets, side.rows, longRow(side.stride));
      const objective = scope.memory.allocate(Float32Array, solved.rows);
      const status = await scope.run(
        'alsSolve',
        {
          ...{ solved: solved.x, fixed: side.x, gram, stride: side.stride, factors: side.factors, order, offsets },
          ...{ indices, weights, rights, regularization: penalties, steps, solver: solvers.gradients, objective },
        },
        bounds,
      );
      if (status !== 0) throw diverged();
      return frameOf(answers.solved, [unpadded(solved), Float64Array.of(sum(objective))]);
    },

    /** The Gram matrix of a block of customers. */
    async customersGram(scope, [settings, values]: [Settings, Float32Array]) {
      const side = sideOf(scope.memory, checkFactors(numbers(settings, 1)[0]), values);
      const x = await gramOf(scope, side, 1);
      if (!x.every(Number.isFinite)) throw diverged();
      return frameOf(answers.values, [unpadded({ ...side, rows: side.factors, x })]);
    },

    /** Adds sum of (right - weight (x . y)) x over a block's customers x of each product y. */
    addResiduals: (scope, arrays: [...PairArrays, Float32Array]) => add(scope, arrays, 'vectors', true),
    /** Adds - sum of weight (x . y) x. */
    addProducts: (scope, arrays: [...PairArrays, Float32Array]) => add(scope, arrays, 'vectors', false),
    /** Adds sum of weight (x . y)^2. */
    addSquares: (scope, arrays: [...PairArrays, Float32Array]) => add(scope, arrays, 'squares', false),

    /** What was added since the last `sums`, by product, and begins again. */
    sums() {
      if (!sums) throw malformed('asks for sums before anything was added');
      const { of, values } = sums;
      const result = of === 'vectors' ? unpadded({ ...needProducts(), x: values }) : copied(values);
      release('sums');
      return frameOf(answers.values, [result]);
    },

    /** Which products are here, for clients that take turns. */
    held: () => frameOf(answers.held, [held === undefined ? new Float64Array() : Float64Array.of(held)]),
  };

  async function add(
    scope: Scope,
    [...arrays]: [...PairArrays, Float32Array],
    of: 'vectors' | 'squares',
    withRights: boolean,
  ): Promise<Uint8Array[]> {
    const side = needProducts();
    const pairs = pairsOf(arrays.slice(0, 4) as unknown as PairArrays, side.rows);
    const customers = customersOf(scope.memory, arrays[4], pairs.offsets, side);
    if (sums && sums.of !== of) throw malformed(`adds ${of} to sums of ${sums.of}; ask for these sums first`);
    sums ??= { of, values: kernel.memory.allocate(Float32Array, side.rows * (of === 'vectors' ? side.stride : 1)) };
    const { offsets, indices, weights, rights } = byProduct(scope.memory, pairs, side.rows);
    const status = await scope.run(
      'alsResiduals',
      {
        ...{ solved: side.x, fixed: customers.x, stride: side.stride, offsets, indices, weights },
        ...(withRights && { rights }),
        ...(of === 'vectors' ? { residuals: sums.values } : { squares: sums.values }),
      },
      balancedBounds(offsets, 8192, 4096),
    );
    if (status !== 0) throw diverged();
    return frameOf(answers.done);
  }

  function needProducts(): Side {
    if (!products) throw malformed('needs products, and none came before it');
    return products;
  }

  function release(what: 'gram' | 'sums'): void {
    if (what === 'gram' && gram) kernel.memory.free(gram);
    if (what === 'sums' && sums) kernel.memory.free(sums.values);
    if (what === 'gram') gram = undefined;
    else sums = undefined;
  }

  return (scope, { request, arrays }) => handlers[request](scope, arrays as never);
}

async function gramOf(scope: Scope, { x, rows, stride }: Side, scale: number): Promise<Float32Array> {
  const gram = scope.memory.allocate(Float32Array, stride * stride);
  const rowsOfCall = 8 * Math.ceil(stride / 8 / scope.threads);
  await scope.run('gram', { x, count: rows, stride, scale, gram }, evenBounds(stride, rowsOfCall));
  return gram;
}

function customersOf(memory: Memory, values: Float32Array, offsets: Uint32Array, { factors }: Side): Side {
  const side = sideOf(memory, factors, values);
  if (side.rows !== offsets.length - 1)
    throw malformed(`has factors of ${side.rows} customers, but pairs of ${offsets.length - 1}`);
  return side;
}

function sideOf(memory: Memory, factors: number, values: Float32Array): Side {
  if (values.length % factors !== 0) throw malformed(`has ${values.length} numbers, which are no rows of ${factors}`);
  const rows = values.length / factors;
  const stride = strideOf(factors);
  return { rows, factors, stride, x: padded(memory, values, rows, factors, rows * stride) };
}

/** Rows of factors with zeros up to the stride; the same array if there is nothing to add. */
function padded(memory: Memory, values: Float32Array, rows: number, factors: number, length: number): Float32Array {
  if (values.length === length) return values;
  const x = memory.allocate(Float32Array, length);
  const stride = strideOf(factors);
  for (let row = 0; row < rows; row++) x.set(values.subarray(row * factors, (row + 1) * factors), row * stride);
  return x;
}

function unpadded({ rows, factors, stride, x }: Side): Float32Array {
  if (stride === factors) return copied(x);
  const values = new Float32Array(rows * factors);
  for (let row = 0; row < rows; row++) values.set(x.subarray(row * stride, row * stride + factors), row * factors);
  return values;
}

/** Outside of the kernel's memory, which the next request may use. */
const copied = (values: Float32Array): Float32Array => Float32Array.from(values);

function numbers(settings: Settings, count: number): Settings {
  if (settings.length === count) return settings;
  throw malformed(`has ${settings.length} settings, not ${count}`);
}

function checkFactors(factors: number): number {
  if (isWhole(factors, 1, maxFactors)) return factors;
  throw malformed(`has ${factors} factors; they are from 1 to ${maxFactors}`);
}

const isWhole = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max;

function diverged(): EndcapError {
  return new EndcapError('diverged', 'factors are not finite numbers; raise the penalties or lower the weights');
}
