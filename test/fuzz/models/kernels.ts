import { setFlagsFromString } from 'node:v8';
import { kernelsHere } from '../../../src/kernel/available.ts';
import type { Backend, OpenKernel } from '../../../src/kernel/kernel.ts';
import type { Elements } from '../../../src/kernel/memory.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import type { Random } from '../../../src/random.ts';
import { chance, pick } from '../draw.ts';

/** A kernel for one case. Others may use it after `release`, which frees what the case allocated. */
export interface LentKernel extends OpenKernel {
  release(): void;
}

/** Node 20 has relaxed SIMD behind this flag; later versions have it by default. */
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

const available = kernelsHere().filter(({ runs }) => runs);
const open = new Map<string, OpenKernel>();

/** The backends that run here. */
export const backends = [...new Set(available.map(({ backend }) => backend))];

/**
 * Lends a kernel of a backend, of any instruction set on one thread, or of the best one on two. Opening one for each case
 * would take too long.
 */
export function lendKernel(backend: Backend, random: Random): LentKernel {
  const isas = available.filter((kernel) => kernel.backend === backend).map(({ isa }) => isa);
  const threads = chance(random, 0.05) ? 2 : 1;
  const isa = threads === 1 ? pick(random, isas) : isas[0];
  const name = [backend, isa, threads].join();
  const kernel = open.get(name) ?? openKernel({ backend, isa, threads });
  open.set(name, kernel);
  const { memory } = kernel;
  const live = new Set<Elements>();
  return {
    ...kernel,
    memory: {
      ...memory,
      allocate(type, length) {
        const array = memory.allocate(type, length);
        live.add(array);
        return array;
      },
      free(...arrays) {
        for (const array of arrays) live.delete(array);
        memory.free(...arrays);
      },
    },
    release() {
      memory.free(...live);
      live.clear();
    },
  };
}
