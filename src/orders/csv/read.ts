import type { Decision } from '../look.ts';
import type { TableSink } from '../table.ts';
import { type HeaderOptions, type Opening, openCsv } from './header.ts';
import { headBytes, lookAtCsv } from './look.ts';
import type { BlockLines } from './records/block-lines.ts';
import { type BlockCleaner, type CsvPlan, createBlockCleaner } from './records/clean.ts';
import { type Block, blockPadding } from './scan.ts';
import { createSplitter } from './split.ts';
import { type BlockMemory, checkHeldBack, join } from './text.ts';
import { createThreads, type Threads } from './threads.ts';

const emptyBlock: Block = { bytes: new Uint8Array(blockPadding), length: 0 };

export interface CsvReading extends HeaderOptions {
  /** They start at once. */
  threads?: number;
  memory: BlockMemory;
  /** Bytes of text for the look, before which nothing is read; by default enough for 1,000 records. */
  lookBytes?: number;
  /** Text of whole lines from other places of the file, for the look. */
  elsewhere?: readonly Block[];
}

/**
 * Reads a CSV file: on `threads` threads besides this one, or on this one if `threads` is 0 or none start. The result is the same. A
 * thread cleans a block as if it began with a record and no date came before it. The blocks are taken in the order of
 * the file, and one for which this turns out to be wrong is cleaned again on this thread.
 *
 * @throws `orders_unreadable` if a quote in the header is not closed, or a line does not end.
 */
export async function readCsv(
  blocks: AsyncIterable<Block> | Iterable<Block>,
  sink: TableSink,
  source: string,
  { threads: threadCount = 0, memory, elsewhere = [], lookBytes = headBytes, ...header }: CsvReading,
): Promise<void> {
  let start = emptyBlock;
  let encoding: Decision | undefined;
  let queue: ReturnType<typeof createQueue> | undefined;
  const threads = threadCount > 0 ? createThreads(threadCount, source) : undefined;
  const open = (last: boolean): Opening | undefined => {
    const opening = openCsv(start, last, source, header);
    if (opening === undefined || opening.names.length === 0) return undefined;
    // Without enough text for a look, what is decided would depend on where the text is cut into blocks.
    if (!last && start.length - opening.at < lookBytes) return undefined;
    const look = lookAtCsv(opening, [after(start, opening.at), ...elsewhere], last, source);
    const plan = sink.open({ ...look, decisions: { ...look.decisions, ...(encoding && { encoding }) } });
    queue = createQueue({ ...plan, format: opening.format }, sink, {
      source,
      firstLine: opening.line,
      threads,
      threadCount,
      memory,
    });
    return opening;
  };
  try {
    for await (const block of blocks) {
      if (queue !== undefined) await queue.push(block);
      else {
        encoding = block.encoding;
        start = start.length === 0 ? block : join([textIn(start), textIn(block)], memory);
        const opening = start.length < lookBytes ? undefined : open(false);
        if (opening !== undefined) await queue!.push(after(start, opening.at));
        else checkHeldBack(start.length, source, 'header');
      }
    }
    if (queue === undefined) {
      const opening = open(true);
      if (opening !== undefined) await queue!.push(after(start, opening.at));
    }
    await queue?.end();
  } finally {
    await threads?.close();
  }
}

/** Cleans the blocks that are pushed, and passes the results to the sink in the same order. */
function createQueue(
  plan: CsvPlan,
  sink: TableSink,
  place: {
    source: string;
    firstLine: number;
    threads: Threads | undefined;
    threadCount: number;
    memory: BlockMemory;
  },
) {
  const { source, memory } = place;
  let { firstLine } = place;
  // The steps of a record may depend on all records before it.
  const threads = plan.steps === undefined ? place.threads : undefined;
  const threadCount = threads === undefined ? 0 : place.threadCount;
  threads?.begin(plan);
  let ownCleaner: BlockCleaner | undefined;
  const splitter = plan.steps === undefined ? undefined : createSplitter(plan, sink);
  const waiting: { block: Block; cleaner: number; result: Promise<BlockLines> }[] = [];
  /** The record at the end of the last block taken if its own end is not in that block. */
  let rest = new Uint8Array(0);

  function cleanHere(block: Block, last: boolean): void {
    let whole = block;
    if (rest.length > 0) {
      whole = join([rest, textIn(block)], memory);
      memory.give(block);
    }
    if (splitter !== undefined) moveOn(whole, splitter(whole, last, firstLine));
    else {
      ownCleaner ??= createBlockCleaner(plan);
      take(whole, threadCount, ownCleaner.clean(whole, last, sink.dateOrder()));
    }
  }

  function take(block: Block, cleaner: number, lines: BlockLines): void {
    sink.learn(cleaner, lines);
    sink.take(cleaner, lines, firstLine);
    moveOn(block, lines);
  }

  function moveOn(block: Block, { used, textLines }: { used: number; textLines: number }): void {
    firstLine += textLines;
    rest = textIn(block).slice(used);
    checkHeldBack(rest.length, source, 'line break');
    memory.give(block);
  }

  async function takeNext(): Promise<void> {
    const { block, cleaner, result } = waiting.shift()!;
    const lines = await result;
    const known = sink.dateOrder();
    const contradicts = known !== undefined && lines.dateOrder !== undefined && lines.dateOrder !== known;
    if (rest.length === 0 && !contradicts) take(block, cleaner, lines);
    else {
      // The thread has numbered these ids, and will refer to them in later blocks.
      sink.learn(cleaner, lines);
      cleanHere(block, false);
    }
    threads?.giveBack(cleaner, lines.purchases);
  }

  return {
    async push(block: Block): Promise<void> {
      if (threads === undefined) return cleanHere(block, false);
      waiting.push({ block, ...threads.clean(block, sink.dateOrder()) });
      while (waiting.length > 2 * threadCount) await takeNext();
    },
    async end(): Promise<void> {
      while (waiting.length > 0) await takeNext();
      if (rest.length > 0) cleanHere(emptyBlock, true);
    },
  };
}

function textIn({ bytes, length }: Block): Uint8Array {
  return bytes.subarray(0, length);
}

function after({ bytes, length }: Block, at: number): Block {
  return { bytes: bytes.subarray(at), length: length - at };
}
