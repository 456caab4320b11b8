import { createRequire } from 'node:module';
import type { RawOperations } from './arguments.ts';

/** The addon's exports: one table of operations for each instruction set that this CPU runs, best first. */
interface Addon {
  /** Bytes by which an array begins past a multiple of 64. */
  misalignment(bytes: Uint8Array): number;
  operations: Readonly<Record<string, RawOperations>>;
}

/** Loads an addon file. Throws what the loader throws. */
export function loadAddon(path: string): Addon {
  return createRequire(import.meta.url)(path) as Addon;
}
