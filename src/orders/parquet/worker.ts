/** A thread that reads a Parquet file, so that reading can be ended whatever the file makes the parser do. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BlockLines } from '../csv/records/block-lines.ts';
import type { Plan } from '../plan.ts';
import { usedColumns } from '../records/steps.ts';
import { askedFor } from './fetched.ts';
import { openDescriptor, readFooter, recordsIn } from './file.ts';
import { lookAtParquet } from './look.ts';
import {
  maxWaiting,
  type ParquetJob,
  type ParquetMessage,
  type ParquetRequest,
  steps,
  takenBlocks,
  type Unit,
} from './messages.ts';
import { partitionColumns } from './partitions.ts';
import { countRecords, leavesOf } from './records/rows.ts';
import { canReadByColumn, createUnitReader } from './records/units.ts';
import { columnsOf } from './schema.ts';

const { name, file: place, thread, counters } = workerData as ParquetJob;
const post = (message: ParquetMessage) => parentPort!.postMessage(message);
const file = 'fd' in place ? openDescriptor(place) : askedFor(place, (from, to) => post({ kind: 'range', from, to }));
const step = () => void Atomics.add(counters, steps, 1);
let blocks = 0;

function giveBlock(lines: BlockLines): void {
  post({ kind: 'block', lines });
  blocks++;
  // The other thread may be slower.
  const counter = takenBlocks(thread);
  for (let taken = Atomics.load(counters, counter); blocks - taken > maxWaiting; ) {
    Atomics.wait(counters, counter, taken);
    taken = Atomics.load(counters, counter);
  }
  step();
}

/** Runs a part of the reading; what goes wrong in it is wrong with the file. */
function attempt(part: () => void): void {
  try {
    part();
  } catch (error) {
    post({ kind: 'failure', problem: error instanceof Error ? error.message : String(error) });
  }
}

attempt(() => {
  const metadata = readFooter(file, step);
  const { row_groups: groups } = metadata;
  const inFile = columnsOf(metadata);
  const all = [...inFile, ...partitionColumns(name, new Set(inFile.map(({ name }) => name)))];
  let readUnit: ((unit: Unit) => void) | undefined;

  function begin(plan: Plan): void {
    const used = new Set(usedColumns(plan));
    const columns = all.map((column, index) => (used.has(index) ? column : undefined));
    const isByColumn = canReadByColumn(plan, columns);
    readUnit = createUnitReader({ file, groups, columns, plan }, isByColumn, giveBlock, step);
    if (thread > 0) return;
    countRecords(metadata, columns);
    const leaves = leavesOf(columns);
    post({ kind: 'records', records: groups.map((group) => recordsIn(group, leaves)), isByColumn });
  }

  parentPort!.on('message', (request: ParquetRequest) =>
    attempt(() => {
      if ('from' in request) {
        readUnit!(request);
        post({ kind: 'end' });
      } else begin(request);
    }),
  );
  if (thread === 0) post({ kind: 'look', look: lookAtParquet(file, metadata, all, name, step) });
});
