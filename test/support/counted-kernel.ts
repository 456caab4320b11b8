import type { OpenKernel } from '../../src/kernel/kernel.ts';
import type { Elements } from '../../src/kernel/memory.ts';
import { openKernel } from '../../src/kernel/open.ts';

/** A kernel on one thread that counts how much of its memory is allocated. */
export interface CountedKernel extends OpenKernel {
  readonly bytes: () => number;
  readonly peakBytes: () => number;
}

export function countedKernel(): CountedKernel {
  const kernel = openKernel({ threads: 1 });
  const { memory } = kernel;
  const live = new Set<Elements>();
  let bytes = 0;
  let peak = 0;

  function forget(array: Elements): void {
    if (!live.delete(array)) throw new Error('an array was freed twice');
    bytes -= array.byteLength;
  }

  return {
    ...kernel,
    bytes: () => bytes,
    peakBytes: () => peak,
    memory: {
      ...memory,
      allocate(type, length) {
        const array = memory.allocate(type, length);
        live.add(array);
        bytes += array.byteLength;
        peak = Math.max(peak, bytes);
        return array;
      },
      free(...arrays) {
        for (const array of arrays) forget(array);
        memory.free(...arrays);
      },
      release(array) {
        forget(array);
        return memory.release(array);
      },
    },
  };
}
