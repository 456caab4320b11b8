/** Which kernel runs, in words. */
import { kernelFor } from '../kernel/available.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { count, note } from './terminal/terminal.ts';

/** The kernel that training with these options will use, known before the orders are read. */
export function trainingKernel(options: KernelOptions): string {
  const kernel = kernelFor(options);
  noteFailed(kernel);
  return kernelName(kernel);
}

export function kernelName({ backend, isa, threads }: Pick<Kernel, 'isa' | 'threads'> & { backend: string }): string {
  return `${backend} ${isa}, ${count(threads, 'thread')}`;
}

/** Notes that the native kernel is installed but does not load: WebAssembly works, but is slower. */
export function noteFailed({ backend, failed }: Pick<Kernel, 'backend' | 'failed'>): void {
  const native = failed.find(({ what }) => backend === 'wasm' && what.startsWith('native'));
  if (!native) return;
  const [reason] = native.reason.split('\n', 1);
  note(`notice: running on WebAssembly because the native kernel does not load (${native.what}): ${reason}`);
}
