/** The thread that reads a Parquet file, so that reading can be ended whatever the file makes the parser do. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { createTally } from '../account.ts';
import { createCleaner } from '../clean.ts';
import type { Plan } from '../plan.ts';
import { createRecords, usedColumns } from '../records/steps.ts';
import { createCollector } from './collect.ts';
import { readFooter } from './file.ts';
import { lookAtParquet } from './look.ts';
import { blockRecords, maxWaiting, type ParquetJob, type ParquetMessage, steps, takenBlocks } from './messages.ts';
import { partitionColumns } from './partitions.ts';
import { countRecords, readRows } from './rows.ts';
import { columnsOf } from './schema.ts';

const { path, file, counters } = workerData as ParquetJob;
const post = (message: ParquetMessage, transfer: ArrayBuffer[] = []) => parentPort!.postMessage(message, transfer);
const step = () => void Atomics.add(counters, steps, 1);

try {
  await read();
  post({ kind: 'end' });
} catch (error) {
  post({ kind: 'failure', problem: error instanceof Error ? error.message : String(error) });
}

async function read(): Promise<void> {
  const metadata = readFooter(file, step);
  const inFile = columnsOf(metadata);
  const all = [...inFile, ...partitionColumns(path, new Set(inFile.map(({ name }) => name)))];
  post({ kind: 'look', look: lookAtParquet(file, metadata, all, path, step) });
  const [plan] = (await once(parentPort!, 'message')) as [Plan];
  const used = new Set(usedColumns(plan));
  const columns = all.map((column, index) => (used.has(index) ? column : undefined));
  const total = countRecords(metadata, columns);

  const tally = createTally();
  const collector = createCollector(blockRecords);
  const cleaner = createCleaner(plan, tally, collector.add);
  const take = createRecords(plan, cleaner.record, (reason, line, value) => {
    tally.read++;
    tally.drop(reason, line, value);
  });
  /** Records of the file, and of the block; `read` counts those that they became, in blocks before this one. */
  let given = 0;
  let inBlock = 0;
  let read = 0;
  let blocks = 0;

  function give(): void {
    const lines = collector.take({
      records: tally.read - read,
      textLines: inBlock,
      dropped: tally.takeDrops(),
      dateOrder: cleaner.dateOrder(),
    });
    read = tally.read;
    given += inBlock;
    inBlock = 0;
    post({ kind: 'block', lines, share: given / total }, [lines.purchases.buffer as ArrayBuffer]);
    blocks++;
    // The other thread may be slower.
    for (let taken = Atomics.load(counters, takenBlocks); blocks - taken > maxWaiting; ) {
      Atomics.wait(counters, takenBlocks, taken);
      taken = Atomics.load(counters, takenBlocks);
    }
    step();
  }

  readRows(
    file,
    metadata,
    columns,
    (cells) => {
      take(cells, inBlock++);
      if (inBlock === blockRecords || tally.read - read >= blockRecords) give();
    },
    step,
  );
  if (inBlock > 0) give();
}
