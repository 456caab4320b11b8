/** Arrays of more than 4 GiB, and of more than 2^32 numbers, of which a few pages are touched: the system gives no more memory than that. */
import { totalmem } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refuseTooMany } from '../../src/bytes.ts';
import { EndcapError } from '../../src/errors.ts';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { copyIn, ownMemory } from '../../src/kernel/memory.ts';
import { maxFactors, solvers } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, openBackend } from './backends.ts';

const test = suite('huge arrays');

const stride = maxFactors;
const factors = 3;
/** Rows of either side, of which the last two lie past so many numbers. */
const past = (numbers: number) => numbers / stride + 2;
const isOld = Number(process.versions.node.split('.')[0]) < 22;
const tooSmall = (rows: number) =>
  totalmem() < 4 * rows * stride ? 'this machine has less memory than one of the arrays' : undefined;

/** The last row of one side, solved from the last two rows of the other. */
async function solveLast(kernel: OpenKernel, count: number): Promise<number[]> {
  const { memory } = kernel;
  const fixed = memory.allocate(Float32Array, count * stride);
  const solved = memory.allocate(Float32Array, count * stride);
  fixed.set([1, 2, 3], (count - 2) * stride);
  fixed.set([-1, 0.5, 2], (count - 1) * stride);
  const gram = memory.allocate(Float32Array, stride * stride);
  for (let k = 0; k < factors; k++) gram[k * stride + k] = 1;
  const offsets = memory.allocate(Uint32Array, count + 1);
  offsets[count] = 2;
  const weights = copyIn(memory, Float32Array, [1, 2]);
  const status = await kernel.run(
    'alsSolve',
    {
      ...{ solved, fixed, gram, stride, factors, offsets, weights, rights: weights, steps: 10 },
      order: copyIn(memory, Uint32Array, [count - 1]),
      indices: copyIn(memory, Uint32Array, [count - 2, count - 1]),
      regularization: memory.allocate(Float32Array, count).fill(0.5),
      solver: solvers.exact,
      objective: memory.allocate(Float32Array, count),
    },
    Uint32Array.of(0, 1),
  );
  assert.is(status, 0);
  return Array.from(solved.subarray((count - 1) * stride, (count - 1) * stride + factors));
}

for (const backend of backends.filter(({ options }) => options.backend === 'native'))
  for (const [what, numbers] of [
    ['4 GiB', 2 ** 30],
    ['2^32 numbers', 2 ** 32],
  ] as const) {
    const rows = past(numbers);
    const lacking = isOld && numbers === 2 ** 32 ? 'Node has no such arrays before version 22' : tooSmall(rows);
    const name = `rows past ${what} are solved from others past ${what}, on ${backend.name}`;
    testUnless(test, backend.absent ?? lacking, name, async () => {
      const kernel = openBackend(backend);
      const expected = await solveLast(kernel, 4);
      assert.ok(expected.some((value) => value !== 0));
      assert.equal(await solveLast(kernel, rows), expected);
      await kernel.close();
    });
  }

/** What is thrown for want of room. */
function refusalOf(run: () => unknown): EndcapError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof EndcapError && error.code === 'out_of_memory', String(error));
    return error;
  }
  return assert.unreachable('there was room') as never;
}

test('memory of a thread that the system does not have is refused as that of a kernel is', () => {
  // More than any engine asks a system for, of which a sanitizer would make an end.
  const { message, details } = refusalOf(() => ownMemory.allocate(Float32Array, 2 ** 54));
  assert.is(
    message,
    `no room for ${2 ** 36} MiB of memory: the system has no more; use fewer factors, customers, or products`,
  );
  assert.is(details.bytes, 2 ** 56);
});

test('more numbers than an array may have are refused before anything is made', () => {
  refuseTooMany(12, 12);
  assert.match(refusalOf(() => refuseTooMany(13, 12)).message, 'use Node 22 or later');
  if (isOld) refusalOf(() => refuseTooMany(2 ** 32 + 1));
  else refuseTooMany(2 ** 40);
  refuseTooMany(2 ** 32);
});

const [native] = backends.filter(({ options, absent }) => options.backend === 'native' && absent === undefined);
testUnless(
  test,
  isOld ? (native ? undefined : 'there is no native kernel here') : 'Node has such arrays from version 22 on',
  'a version of Node without them says so',
  async () => {
    const kernel = openBackend(native);
    try {
      for (const memory of [kernel.memory, ownMemory]) {
        const { message } = refusalOf(() => memory.allocate(Float32Array, past(2 ** 32) * stride));
        assert.match(message, 'use Node 22 or later');
      }
    } finally {
      await kernel.close();
    }
  },
);

test.run();
