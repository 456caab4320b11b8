/** What the thread that reads a Parquet file and the one that uses it tell each other. */
import type { BlockLines } from '../csv/records/block-lines.ts';
import type { Look } from '../look.ts';
import type { OpenFile } from './file.ts';

/** What the reading thread starts with. */
export interface ParquetJob {
  /** The file's name in messages. */
  path: string;
  file: OpenFile;
  /** Shared: `steps` and `takenBlocks` are indices into it. */
  counters: Int32Array;
}

/** Grows as long as reading comes forward. */
export const steps = 0;
/** Blocks that the other thread has taken. */
export const takenBlocks = 1;

export type ParquetMessage =
  /** The answer to it is a `Plan`. */
  | { kind: 'look'; look: Look }
  /** `share` of the file's records that have been read. */
  | { kind: 'block'; lines: BlockLines; share: number }
  | { kind: 'end' }
  /** The file cannot be read; `problem` says what is wrong with it. */
  | { kind: 'failure'; problem: string };

/** Records of a block, or lines if records hold several. */
export const blockRecords = 1 << 16;
/** Blocks that may wait for the other thread. */
export const maxWaiting = 4;
