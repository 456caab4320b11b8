import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { scratchLength, strideOf } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, closeTo, matrix, openBackend, scratchOf } from './backends.ts';

const test = suite('eigenvector kernels');
test.after.each(checkGuards);

/** The eigenvectors and eigenvalues of a matrix, in calls of `rows` rows. */
function eigen(kernel: OpenKernel, values: Float32Array, size: number, rows: number) {
  const { memory, operations } = kernel;
  const stride = strideOf(size);
  const reflections = memory.allocate(Float64Array, stride * stride);
  const tridiagonal = memory.allocate(Float64Array, 5 * stride);
  const found = {
    vectors: memory.allocate(Float32Array, stride * stride),
    values: memory.allocate(Float32Array, stride),
    status: 0,
  };
  for (let begin = 0; begin < size; begin += rows) {
    const end = Math.min(size, begin + rows);
    operations.tridiagonalize({ matrix: values, stride, size, reflections, tridiagonal, begin, end });
  }
  const scratch = scratchOf(kernel, scratchLength.eigenvectors(rows, stride));
  for (let begin = 0; begin < stride; begin += rows) {
    const { vectors, values } = found;
    const end = Math.min(stride, begin + rows);
    found.status ||= operations.eigenvectors({
      reflections,
      tridiagonal,
      stride,
      size,
      vectors,
      values,
      scratch,
      begin,
      end,
    });
  }
  return found;
}

/** X'X of `rows` random rows, or the entries that `fill` gives. */
function symmetric(
  kernel: OpenKernel,
  size: number,
  rows: number,
  fill?: (i: number, j: number) => number,
): Float32Array {
  const stride = strideOf(size);
  const gram = kernel.memory.allocate(Float32Array, stride * stride);
  if (fill)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) gram[i * stride + j] = fill(Math.max(i, j), Math.min(i, j));
  else {
    const x = matrix(kernel, rows, size, stride, size + rows);
    kernel.operations.gram({ x, count: rows, stride, scale: 1, gram, begin: 0, end: stride });
  }
  return gram;
}

/** Asserts A Q = Q L and Q'Q = I, within float precision of the largest eigenvalue, and zeros past the size. */
function checkEigen(
  gram: Float32Array,
  size: number,
  { vectors, values, status }: ReturnType<typeof eigen>,
  what: string,
) {
  const stride = strideOf(size);
  assert.is(status, 0, what);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  for (let i = 0; i < stride; i++)
    for (let k = 0; k < stride; k++) {
      if (i >= size || k >= size) {
        assert.is(vectors[i * stride + k], 0, what);
        continue;
      }
      let product = 0;
      let square = 0;
      for (let j = 0; j < size; j++) {
        product += gram[i * stride + j] * vectors[j * stride + k];
        square += vectors[j * stride + i] * vectors[j * stride + k];
      }
      const error = Math.abs(product - values[k] * vectors[i * stride + k]);
      assert.ok(error < 1e-6 * largest, `${what}: residual ${error} of ${largest} at ${i}, ${k}`);
      assert.ok(Math.abs(square - (i === k ? 1 : 0)) < 1e-6, `${what}: product ${square} of vectors ${i} and ${k}`);
    }
}

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: eigenvectors are orthogonal, and the matrix scales them by the eigenvalues`,
    () => {
      const kernel = openBackend(backend);
      for (const size of [1, 2, 3, 15, 16, 17, 33, 100]) {
        const kinds: [string, Float32Array][] = [
          ['of full rank', symmetric(kernel, size, 3 * size)],
          ['singular', symmetric(kernel, size, Math.ceil(size / 3))],
          ['zero', symmetric(kernel, size, 0)],
          ['the identity', symmetric(kernel, size, 0, (i, j) => (i === j ? 1 : 0))],
          ['of rank one', symmetric(kernel, size, 1)],
          ['in blocks', symmetric(kernel, size, 0, (i, j) => (i === j ? 2 : i === j + 1 && j % 2 === 0 ? -1 : 0))],
          ['of steep decline', symmetric(kernel, size, 0, (i, j) => 0.5 ** (i + j) * (i === j ? 1 : 0.3))],
          ['huge', symmetric(kernel, size, 0, (i, j) => 1e30 / (1 + i + j))],
          ['tiny', symmetric(kernel, size, 0, (i, j) => 1e-30 / (1 + i + j))],
        ];
        for (const [kind, gram] of kinds)
          checkEigen(gram, size, eigen(kernel, gram, size, strideOf(size)), `${size}, ${kind}`);
      }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: eigenvectors are the same bytes in every backend and wherever the work is cut`,
    () => {
      const size = 70;
      const [first] = backends.filter(({ absent }) => absent === undefined);
      const plain = openBackend(first);
      // The Gram matrix of whole numbers is the same everywhere.
      const whole = (i: number, j: number) => (i === j ? 50 : 0) + ((i * 7 + j * 13) % 11);
      const expected = eigen(plain, symmetric(plain, size, 0, whole), size, 80);
      const kernel = openBackend(backend);
      const found = eigen(kernel, symmetric(kernel, size, 0, whole), size, 16);
      assert.equal(Array.from(found.values), Array.from(expected.values));
      assert.equal(Array.from(found.vectors), Array.from(expected.vectors));
    },
  );

  testUnless(test, backend.absent, `${backend.name}: a matrix that is not finite has no eigenvectors`, () => {
    const kernel = openBackend(backend);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const gram = symmetric(kernel, 20, 0, (i, j) => (i === 9 && j === 4 ? bad : i === j ? 1 : 0));
      assert.is(eigen(kernel, gram, 20, 32).status, 1);
    }
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: rotate multiplies from the right, wherever the work is cut`,
    () => {
      const kernel = openBackend(backend);
      for (const [rows, factors] of [
        [1, 1],
        [7, 16],
        [64, 40],
        [131, 100],
      ]) {
        const stride = strideOf(factors);
        const x = matrix(kernel, rows, factors, stride, rows);
        const vectors = matrix(kernel, stride, factors, stride, 5);
        vectors.fill(0, factors * stride);
        const expected = x.map((_, at) => {
          const from = at - (at % stride);
          let sum = 0;
          for (let k = 0; k < stride; k++) sum += x[from + k] * vectors[k * stride + (at % stride)];
          return sum;
        });
        const scratch = scratchOf(kernel, scratchLength.rotate(stride));
        const cut = kernel.memory.allocate(Float32Array, x.length);
        cut.set(x);
        assert.is(kernel.operations.rotate({ x, vectors, stride, scratch, begin: 0, end: rows }), 0);
        closeTo(x, expected, 1e-5, `${rows} rows, ${factors} factors`);
        for (let row = 0; row < rows; row += 3)
          kernel.operations.rotate({ x: cut, vectors, stride, scratch, begin: row, end: Math.min(rows, row + 3) });
        assert.equal(cut, x);
      }
    },
  );
}

test.run();
