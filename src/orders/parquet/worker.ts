/** The thread that reads a Parquet file, so that reading can be ended whatever the file makes the parser do. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { createTally } from '../account.ts';
import { createCleaner } from '../clean.ts';
import { createCollector } from './collect.ts';
import { columnsOf, readFooter } from './file.ts';
import {
  blockRecords,
  maxWaiting,
  type ParquetJob,
  type ParquetMessage,
  type ParquetPlan,
  steps,
  takenBlocks,
} from './messages.ts';
import { readRows } from './rows.ts';

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
  const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  post({ kind: 'columns', names: all.map(({ element }) => element.name), rows });
  const [{ columns, options }] = (await once(parentPort!, 'message')) as [ParquetPlan];

  const tally = createTally();
  const collector = createCollector(blockRecords);
  const cleaner = createCleaner(path, options, tally, collector.add);
  let records = 0;
  let blocks = 0;
  let cancellations = 0;

  function give(): void {
    const lines = collector.take({
      records,
      dropped: tally.takeDrops(),
      cancellations: cleaner.cancellations() - cancellations,
      dateOrder: cleaner.dateOrder(),
    });
    cancellations = cleaner.cancellations();
    records = 0;
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
    columns.map((index) => (index === -1 ? undefined : all[index])),
    (cells) => {
      cleaner.record(cells, records++);
      if (records === blockRecords) give();
    },
    step,
  );
  if (records > 0) give();
}
