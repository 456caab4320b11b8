/** What the threads that read a Parquet file and the one that uses it tell each other. */
import type { BlockLines } from '../csv/records/block-lines.ts';
import type { Look } from '../look.ts';
import type { Plan } from '../plan.ts';
import type { DateOrder } from '../times/times.ts';

/** Where a thread has the bytes of a file from: its descriptor, or memory into which the other thread puts what it is asked for. */
export type FilePlace = { size: number; fd: number } | { size: number; shared: SharedArrayBuffer };

/** What a reading thread starts with. */
export interface ParquetJob {
  /** The file's name in messages; its folders may be named after columns. */
  name: string;
  file: FilePlace;
  /** Its number, from 0. The first one looks at the file. */
  thread: number;
  /** Shared: `steps` and `takenBlocks` are indices into it. */
  counters: Int32Array;
}

/** Grows as long as reading makes progress. */
export const steps = 0;
/** Blocks that the other thread has taken from the one with this number. */
export const takenBlocks = (thread: number) => 1 + thread;

/** Row groups that a thread reads after the ones before, and what the dates before them have shown, if anything. */
export interface Unit {
  readonly from: number;
  readonly to: number;
  readonly dateOrder?: DateOrder;
}

/** A plan comes first. */
export type ParquetRequest = Plan | Unit;

export type ParquetMessage =
  /** The answer to it is a `Plan`. */
  | { kind: 'look'; look: Look }
  /** By row group, how many records there are; `isByColumn` says whether groups can be read at the same time. */
  | { kind: 'records'; records: number[]; isByColumn: boolean }
  | { kind: 'block'; lines: BlockLines }
  /** The thread waits for these bytes. */
  | { kind: 'range'; from: number; to: number }
  /** The end of a unit. */
  | { kind: 'end' }
  /** The file cannot be read; `problem` says what is wrong with it. */
  | { kind: 'failure'; problem: string };

/** Records of a block, or lines if records hold several. */
export const blockRecords = 1 << 16;
/** Blocks of a thread that may wait for the other one. */
export const maxWaiting = 2;
