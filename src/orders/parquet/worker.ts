/** The thread that reads a Parquet file, so that reading can be ended whatever the file makes the parser do. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { createTally } from '../account.ts';
import { createCleaner } from '../clean.ts';
import type { Plan } from '../plan.ts';
import { createRecords, usedColumns } from '../records/steps.ts';
import { createCollector } from './collect.ts';
import { readFooter } from './file.ts';
import { blockRecords, maxWaiting, type ParquetJob, type ParquetMessage, steps, takenBlocks } from './messages.ts';
import { readRows } from './rows.ts';
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
  const all = columnsOf(metadata);
  const total = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  const names = all.map(({ name }) => name);
  post({ kind: 'look', look: { source: path, names, records: [], runs: [0], complete: total === 0 }, rows: total });
  const [plan] = (await once(parentPort!, 'message')) as [Plan];

  const tally = createTally();
  const collector = createCollector(blockRecords);
  const cleaner = createCleaner(plan, tally, collector.add);
  const used = new Set(usedColumns(plan));
  const take = createRecords(plan, cleaner.record, (reason, line, value) => {
    tally.read++;
    tally.drop(reason, line, value);
  });
  /** Of the current block. */
  let rows = 0;
  let read = 0;
  let blocks = 0;
  let cancellations = 0;

  function give(): void {
    const lines = collector.take({
      records: tally.read - read,
      textLines: rows,
      dropped: tally.takeDrops(),
      cancellations: cleaner.cancellations() - cancellations,
      dateOrder: cleaner.dateOrder(),
    });
    cancellations = cleaner.cancellations();
    read = tally.read;
    rows = 0;
    post({ kind: 'block', lines }, [lines.purchases.buffer as ArrayBuffer]);
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
    all.map((column, index) => (used.has(index) ? column : undefined)),
    (cells) => {
      take(cells, rows++);
      if (rows === blockRecords) give();
    },
    step,
  );
  if (rows > 0) give();
}
