import type { OpenKernel } from './kernel.ts';
import type { Elements, Memory } from './memory.ts';

/** A kernel with memory that is freed all at once, so that one computation after another can share the kernel. */
export interface Scope extends OpenKernel {
  /** Hands arrays over to the kernel's owner: `end` does not free them. */
  keep(...arrays: readonly Elements[]): void;
  /** Frees what was allocated through this scope. */
  end(): void;
}

/** Opens a scope on a kernel, which stays open when the scope ends. Scopes nest. */
export function createScope(kernel: OpenKernel): Scope {
  const owned = new Set<Elements>();
  const memory: Memory = {
    allocate(type, length) {
      const array = kernel.memory.allocate(type, length);
      owned.add(array);
      return array;
    },
    shares: (array) => kernel.memory.shares(array),
    adopt: (arrays) => kernel.memory.adopt(arrays),
    free(...arrays) {
      for (const array of arrays) owned.delete(array);
      kernel.memory.free(...arrays);
    },
    release(array) {
      owned.delete(array);
      return kernel.memory.release(array);
    },
  };
  return {
    ...kernel,
    memory,
    keep(...arrays) {
      for (const array of arrays) owned.delete(array);
    },
    end: () => memory.free(...owned),
  };
}
