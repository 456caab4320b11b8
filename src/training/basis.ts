import { evenBounds, type OpenKernel } from '../kernel/kernel.ts';
import { strideOf } from '../kernel/operations/operations.ts';

/** Rows of one call, which turns whole blocks of the kernels' and prepares the rotation once for all of them. */
const rotatedRows = 480;

/**
 * The basis of the factors of both sides: at first their own, and after each `turnToEigenvectors` one in which a Gram
 * matrix is diagonal. Scores do not depend on the basis. But the last bit of a number can change the basis, and factors
 * left in it would differ between backends, so `turnBack` returns to the first one.
 */
export function createBasis(kernel: OpenKernel, factors: number) {
  const { memory } = kernel;
  const stride = strideOf(factors);
  const reflections = memory.allocate(Float64Array, stride * stride);
  const tridiagonal = memory.allocate(Float64Array, 5 * stride);
  const vectors = memory.allocate(Float32Array, stride * stride);
  const values = memory.allocate(Float32Array, stride);
  /** The product of all rotations so far. */
  const turned = memory.allocate(Float32Array, stride * stride);
  for (let k = 0; k < factors; k++) turned[k * stride + k] = 1;

  async function turn(x: Float32Array, by: Float32Array, signal?: AbortSignal): Promise<void> {
    await kernel.run('rotate', { x, vectors: by, stride }, evenBounds(x.length / stride, rotatedRows), { signal });
  }

  return {
    /**
     * Rotates both sides, or those whose factors are needed, to the eigenvectors of a Gram matrix, which becomes the diagonal
     * matrix of its eigenvalues. Returns whether all numbers were finite.
     */
    async turnToEigenvectors(
      gram: Float32Array,
      sides: readonly Float32Array[],
      signal?: AbortSignal,
    ): Promise<boolean> {
      await kernel.run(
        'tridiagonalize',
        { matrix: gram, stride, size: factors, reflections, tridiagonal },
        evenBounds(factors, 64),
        { signal },
      );
      const rows = Math.min(256, 16 * Math.ceil(stride / 16 / kernel.threads));
      const status = await kernel.run(
        'eigenvectors',
        { reflections, tridiagonal, stride, size: factors, vectors, values },
        evenBounds(stride, rows),
        { signal },
      );
      if (status !== 0) return false;
      // Smaller eigenvalues are rounding noise, and the solver divides by them.
      const min = 2 ** -23 * values.reduce((max, value) => Math.max(max, value), 0);
      gram.fill(0);
      for (let k = 0; k < factors; k++) gram[k * stride + k] = Math.max(values[k], min);
      for (const x of [...sides, turned]) await turn(x, vectors, signal);
      // What is left along these shrinks from one iteration to the next, to numbers so small that processors slow down.
      const empty = Array.from(values.subarray(0, factors).keys()).filter((k) => values[k] < min);
      for (const x of sides) for (const k of empty) for (let at = k; at < x.length; at += stride) x[at] = 0;
      return true;
    },

    /** Rotates both sides back to the basis that they began in. */
    async turnBack(sides: readonly Float32Array[], signal?: AbortSignal): Promise<void> {
      for (let i = 0; i < stride; i++)
        for (let j = 0; j < stride; j++) vectors[j * stride + i] = turned[i * stride + j];
      for (const x of sides) await turn(x, vectors, signal);
    },
  };
}

export type Basis = ReturnType<typeof createBasis>;
