import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../../src/kernel/kernel.ts';
import type { Elements } from '../../../src/kernel/memory.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { definitions } from '../../../src/kernel/operations/definitions.ts';
import type { Kind } from '../../../src/kernel/operations/kinds.ts';
import { maxFactors, type Operation } from '../../../src/kernel/operations/operations.ts';
import {
  noColumn,
  numberingCount,
  recordFormat,
  recordState,
  recordStates,
} from '../../../src/kernel/operations/record-layout.ts';
import { testUnless } from '../../support/skip.ts';
import { backends, numbers, openBackend } from '../backends.ts';

const test = suite('arguments');

type Args = Record<string, unknown>;
interface AnyDefinition {
  args: Record<string, Kind>;
  lengths(args: Args, end: number, callRows: number): Record<string, number>;
  sets?: string[][];
}
const operations = Object.keys(definitions) as Operation[];
const definitionOf = (operation: Operation) => definitions[operation] as unknown as AnyDefinition;
const call = (kernel: OpenKernel, operation: Operation, args: Args) =>
  (kernel.operations[operation] as (args: Args) => number)(args);

/** 17 candidates, customers or products, 20 order lines, 7 pairs, and 3 factors in a stride of 16. */
const sizes: Args = {
  count: 17,
  stride: 16,
  width: 16,
  factors: 3,
  size: 3,
  n: 5,
  lines: 20,
  pairs: 7,
  others: 4,
  batchSize: 8,
  firstStep: 1,
  pool: 9,
  length: 99,
};
const settings: Args = {
  root: 2,
  scale: 0.5,
  weight: 2,
  regularization: 2.5,
  steps: 3,
  solver: 1,
  groupLimit: 2,
  diversity: 0.5,
  step: 4,
  rounds: 2,
  begin: 0,
  end: 16,
};
const ends: Partial<Record<Operation, number>> = { pack: 2, tridiagonalize: 3, adamBatches: 3 };
/** The arrays that say how long others are, by their own length or by their elements. */
const leading: Record<string, number> = {
  candidates: 17 * 16,
  fixed: 17 * 16,
  customerSteps: 17,
  productSteps: 17,
  offsets: 17,
  excludeOffsets: 17,
  bonusOffsets: 17,
  boughtOffsets: 17,
  neighbourOffsets: 18,
  listOffsets: 17,
  format: Object.keys(recordFormat).length,
  state: recordStates,
};

/** Text of two columns, and what `cleanRecords` must know of it; its tables have room for what the text holds, and no more. */
const records: Record<string, (array: Elements) => void> = {
  text: (array) => array.set(Buffer.from(`${'77,8\n1,8\n'.repeat(11)}\n"`)),
  format: (array) => array.fill(noColumn).set([44, 10, 2, 0, noColumn, noColumn, 0, 1]),
  state(array) {
    array[recordState.purchaseRoom] = 22;
    array[recordState.productRoom] = 1;
    for (const [from, ids] of [
      [recordState.customers, 2],
      [recordState.products, 1],
    ] as const) {
      array[from + numberingCount.slots] = 4;
      array[from + numberingCount.storeRoom] = 4;
      array[from + numberingCount.freshRoom] = ids;
    }
    array[recordState.block] = 1;
  },
};

const types = { u32: Uint32Array, f64: Float64Array, u8: Uint8Array };
const largestFloat = 2 ** 128 - 2 ** 104;

/**
 * Arguments whose arrays are exactly as long as the definition demands, with floats of about this magnitude, and what lies
 * behind each array.
 */
function exactArguments(kernel: OpenKernel, operation: Operation, magnitude = 1) {
  const { args: kinds, lengths } = definitionOf(operation);
  const random = numbers(5);
  const guards: Elements[] = [];
  const make = (name: string, length: number) => {
    const type = types[kinds[name].slice(0, 3) as keyof typeof types] ?? Float32Array;
    const whole = kernel.memory.allocate(type as unknown as typeof Float32Array, length + 16);
    guards.push(whole.subarray(length).fill(123));
    const array = whole.subarray(0, length);
    if (name in records) records[name](array);
    for (let i = 0; i < length && !(name in records); i++) {
      if (/offsets$/i.test(name)) array[i] = 2 * i;
      else if (name === 'order') array[i] = i;
      else if (/rows|indices$/i.test(name)) array[i] = i % 2;
      else if (!kinds[name].startsWith('u32')) array[i] = Math.min(magnitude * (random() + 0.1), largestFloat);
    }
    return array;
  };
  const args: Args = {};
  for (const [name, kind] of Object.entries(kinds)) {
    if (name in leading && name !== 'rows') args[name] = make(name, leading[name]);
    else if (!/32|64|8|scratch/.test(kind)) args[name] = sizes[name] ?? settings[name];
  }
  const end = ends[operation] ?? 16;
  if ('end' in kinds) args.end = end;
  for (const [name, length] of Object.entries(lengths(args, end, end))) args[name] ??= make(name, length);
  return { args, guards };
}

/** Whether a call fails with an error that names the operation and the argument, before the kernel sees it. */
function refuses(kernel: OpenKernel, operation: Operation, args: Args, argument: string): void {
  try {
    call(kernel, operation, args);
  } catch (error) {
    assert.ok(error instanceof RangeError || error instanceof TypeError, String(error));
    const { message } = error as Error;
    assert.ok(new RegExp(`^${operation}: .*\\b(${argument})\\b`).test(message), `${argument}: ${message}`);
    return;
  }
  assert.unreachable(`${operation} took ${argument} = ${args[argument]}`);
}

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: arrays of the demanded lengths are long enough, however large their numbers are`,
    () => {
      const kernel = openBackend(backend);
      for (const operation of operations)
        for (const magnitude of [1, 1e-40, 1e15, 1e30, 3e37, 1e38, largestFloat]) {
          const { args, guards } = exactArguments(kernel, operation, magnitude);
          if (operation === 'topN') call(kernel, 'pack', { ...args, begin: 0, end: 2 });
          const status = call(kernel, operation, args);
          if (operation !== 'peak' && magnitude === 1) assert.is(status, 0, operation);
          for (const guard of guards)
            assert.ok(
              guard.every((value) => value === 123),
              `${operation} wrote past an array of numbers like ${magnitude}`,
            );
        }
    },
  );
}

for (const options of [{}, { backend: 'wasm' as const }]) {
  const kernel = openKernel({ ...options, threads: 1 });

  test(`${kernel.backend}: an array that is too short, of another type, missing, or from elsewhere is refused`, () => {
    for (const operation of operations) {
      const { args } = exactArguments(kernel, operation);
      for (const [name, array] of Object.entries(args)) {
        if (!ArrayBuffer.isView(array)) continue;
        const elements = array as Elements;
        // A shorter leading array would only make the others look longer than they must be.
        if (elements.length > 0 && !(name in leading)) {
          refuses(kernel, operation, { ...args, [name]: elements.subarray(1) }, name);
        }
        const other = elements instanceof Uint32Array ? Float32Array : Uint32Array;
        refuses(
          kernel,
          operation,
          { ...args, [name]: kernel.memory.allocate(other as typeof Float32Array, 999) },
          name,
        );
        refuses(kernel, operation, { ...args, [name]: elements.slice() }, name);
        if (!definitionOf(operation).args[name].endsWith('?'))
          refuses(kernel, operation, { ...args, [name]: undefined }, name);
      }
    }
  });

  test(`${kernel.backend}: arrays that come as a set are refused in part`, () => {
    const { args } = exactArguments(kernel, 'topN');
    for (const set of definitionOf('topN').sets ?? [])
      for (const name of set) refuses(kernel, 'topN', { ...args, [name]: undefined }, name);
    const without = { excludeOffsets: undefined, excludeRows: undefined, mask: undefined, priors: undefined };
    assert.is(call(kernel, 'topN', { ...args, ...without }), 0);
  });

  test(`${kernel.backend}: a number that no kernel can take is refused`, () => {
    const wrong: Record<string, unknown[]> = {
      number: [Number.NaN, Number.POSITIVE_INFINITY, '1', undefined],
      count: [-1, 0.5, 2 ** 32, Number.NaN, undefined],
      positive: [0, -1, 1.5, 2 ** 32],
      stride: [0, 8, 17, 16.5, maxFactors + 16, undefined],
      factors: [0, 17, 2.5],
      solver: [-1, 6, 0.5],
      begin: [-1, 0.5, 1e9, undefined],
      end: [-1, 0.5, 1e9, undefined],
    };
    for (const operation of operations) {
      const { args } = exactArguments(kernel, operation);
      for (const [name, kind] of Object.entries(definitionOf(operation).args))
        for (const value of wrong[kind] ?? []) {
          const told = kind === 'begin' ? 'begin|end' : kind === 'end' ? '.*' : name;
          refuses(kernel, operation, { ...args, [name]: value }, told);
        }
    }
  });

  test(`${kernel.backend}: a range ends within the rows there are and keeps units whole`, () => {
    for (const [operation, range] of [
      ['pack', { begin: 0, end: 3 }],
      ['tridiagonalize', { begin: 0, end: 4 }],
      ['eigenvectors', { begin: 0, end: 32 }],
      ['adamBatches', { begin: 0, end: 4 }],
      ['gram', { begin: 0, end: 24 }],
      ['gram', { begin: 4, end: 16 }],
      ['gram', { begin: 0, end: 12 }],
      ['eigenvectors', { begin: 0, end: 8 }],
      ['topN', { begin: 1, end: 0 }],
    ] as const)
      refuses(kernel, operation, { ...exactArguments(kernel, operation).args, ...range }, '.*');
  });

  test(`${kernel.backend}: what would read 26 GB past 16 floats is an error, in a call and in a run`, async () => {
    const [x, gram] = [kernel.memory.allocate(Float32Array, 16), kernel.memory.allocate(Float32Array, 256)];
    const args = { x, count: 4e8, stride: 16, scale: 1, gram };
    refuses(kernel, 'gram', { ...args, begin: 0, end: 16 }, 'x');
    for (const [bounds, message] of [
      [[0, 16], /^gram: x has 16 elements, but needs 6400000000$/],
      [[16, 0], /^gram: end is 0/],
      [[0, 8, 12], /multiples of 8/],
    ] as const) {
      const failed = await kernel.run('gram', args, Uint32Array.from(bounds)).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.instance(failed, RangeError);
      assert.match((failed as Error).message, message);
    }
  });
}

test.run();
