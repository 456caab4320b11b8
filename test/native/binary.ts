import { readElf } from './elf.ts';
import { readMachO } from './mach-o.ts';
import { readPe } from './pe.ts';

/** What the header of a library says about what it needs and has. */
export interface Binary {
  format: 'ELF' | 'PE' | 'Mach-O';
  machine: string;
  /** The libraries that are loaded with it. */
  libraries: string[];
  imports: string[];
  exports: string[];
  /** ELF: whether it needs its libraries in certain versions. */
  needsVersions?: boolean;
  /** Mach-O: what is wrong with the signature, without which Macs with arm64 kill the process; empty if nothing is. */
  signature?: string;
}

export function readBinary(file: Buffer): Binary {
  if (file.toString('latin1', 1, 4) === 'ELF') return readElf(file);
  return file.toString('latin1', 0, 2) === 'MZ' ? readPe(file) : readMachO(file);
}
