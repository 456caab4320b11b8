import { isas, load } from './backends.ts';
import type { Attempt, Backend, Kernel } from './kernel.ts';
import { type KernelOptions, loadFor } from './open.ts';

/** A backend at one instruction set that this kind of machine may have, and whether it runs here. */
export interface KernelStatus {
  readonly backend: Backend;
  readonly isa: string;
  readonly runs: boolean;
  /** Why it does not run. */
  readonly reason?: string;
}

/** The instruction sets of native builds for each kind of processor; for all others, `scalar`. */
const nativeIsas: Partial<Record<NodeJS.Architecture, readonly string[]>> = {
  x64: isas.native.filter((isa) => isa !== 'neon'),
  arm64: ['neon', 'scalar'],
};

/** Every kernel there could be on this machine, best first. Tries each one; starts no threads. */
export function kernelsHere(): KernelStatus[] {
  const here = { native: nativeIsas[process.arch] ?? ['scalar'], wasm: isas.wasm };
  return (['native', 'wasm'] as const).flatMap((backend) => here[backend].map((isa) => statusOf(backend, isa)));
}

/**
 * The kernel that these options give, and what would have been preferred but failed to load. Starts no threads.
 *
 * @throws EndcapError what `openKernel` throws: `kernel_unavailable`, `invalid_options`
 */
export function kernelFor(options: KernelOptions = {}): Kernel {
  return loadFor(options).kernel;
}

function statusOf(backend: Backend, isa: string): KernelStatus {
  const failed: Attempt[] = [];
  if (load(backend, isa, failed)) return { backend, isa, runs: true };
  const reasons = failed.map(({ what, reason }) => `${what.replace(`${backend}, `, '')}: ${reason}`);
  return { backend, isa, runs: false, reason: reasons.join('; ') };
}
