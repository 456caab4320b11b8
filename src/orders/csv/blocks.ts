import type { DateOrder } from '../times.ts';
import type { LineBlock } from './lines.ts';
import { createRowReader, type RowPlan } from './rows.ts';
import { BLOCK_ROOM, type Block, type CsvFormat, type Opening, openCsv } from './scan.ts';
import { type BlockMemory, join } from './text.ts';
import { createThreads } from './threads.ts';

const NOTHING: Block = { bytes: new Uint8Array(BLOCK_ROOM), length: 0 };

/** Where the clean lines of a CSV file go. */
export interface BlockSink {
  /** Takes the names of the columns, before the first row. */
  header(names: readonly string[], format: CsvFormat): RowPlan;
  /** Takes a block's new ids; its numbers are those of its reader. */
  learn(reader: number, block: LineBlock): void;
  /** Takes the lines of a block, after it was learned; `line` is its first, counted from 1. */
  take(reader: number, block: LineBlock, line: number): void;
  /** What the dates so far have shown. */
  dateOrder(): DateOrder | undefined;
}

/**
 * Reads the rows of a CSV file on so many threads beside this one; with 0 on this one. What comes out is the same: a
 * thread reads its block as if it began with a row and no date was seen before it, and where that turns out wrong, when
 * the blocks come back in their order, the block is read again here.
 *
 * @param delimiter by default the one of comma, semicolon, tab and bar that the header has most of.
 * @throws `orders_unreadable` for a header with an unclosed quote.
 */
export async function readCsv(
  blocks: AsyncIterable<Block> | Iterable<Block>,
  sink: BlockSink,
  source: string,
  { delimiter, threads = 0, memory }: { delimiter?: string; threads?: number; memory: BlockMemory },
): Promise<void> {
  let start = NOTHING;
  let rows: ReturnType<typeof createRows> | undefined;
  const open = (last: boolean): Opening | undefined => {
    const opening = openCsv(start, last, source, delimiter);
    if (opening === undefined || opening.names.length === 0) return undefined;
    rows = createRows(sink.header(opening.names, opening.format), sink, opening.line, threads, memory);
    return opening;
  };
  try {
    for await (const block of blocks) {
      if (rows !== undefined) await rows.push(block);
      else {
        start = start.length === 0 ? block : join([whole(start), whole(block)], memory);
        const opening = open(false);
        if (opening !== undefined) await rows!.push(after(start, opening.at));
      }
    }
    if (rows === undefined) {
      const opening = open(true);
      if (opening !== undefined) await rows!.push(after(start, opening.at));
    }
    await rows?.end();
  } finally {
    await rows?.close();
  }
}

function createRows(plan: RowPlan, sink: BlockSink, line: number, threadCount: number, memory: BlockMemory) {
  const threads = threadCount > 0 ? createThreads(plan, threadCount) : undefined;
  /** Reads what the threads do not. */
  const here = createRowReader(plan);
  const queue: { block: Block; reader: number; result: Promise<LineBlock> }[] = [];
  /** The row at the end of the last block taken, whose end was not in it. */
  let rest = new Uint8Array(0);

  function readHere(block: Block, last: boolean): void {
    let all = block;
    if (rest.length > 0) {
      all = join([rest, whole(block)], memory);
      memory.give(block);
    }
    take(all, threadCount, here.read(all, last, sink.dateOrder()));
  }

  function take(block: Block, reader: number, result: LineBlock): void {
    sink.learn(reader, result);
    sink.take(reader, result, line);
    line += result.lines;
    rest = whole(block).slice(result.used);
    memory.give(block);
  }

  async function settle(): Promise<void> {
    const { block, reader, result } = queue.shift()!;
    const lines = await result;
    const known = sink.dateOrder();
    const contradicts = known !== undefined && lines.dateOrder !== undefined && lines.dateOrder !== known;
    if (rest.length === 0 && !contradicts) take(block, reader, lines);
    else {
      sink.learn(reader, lines);
      readHere(block, false);
    }
    threads?.giveBack(reader, lines.records);
  }

  return {
    async push(block: Block): Promise<void> {
      if (threads === undefined) return readHere(block, false);
      queue.push({ block, ...threads.read(block, sink.dateOrder()) });
      while (queue.length > 2 * threadCount) await settle();
    },
    async end(): Promise<void> {
      while (queue.length > 0) await settle();
      if (rest.length > 0) readHere(NOTHING, true);
    },
    close: () => threads?.close(),
  };
}

function whole({ bytes, length }: Block): Uint8Array {
  return bytes.subarray(0, length);
}

function after({ bytes, length }: Block, at: number): Block {
  return { bytes: bytes.subarray(at), length: length - at };
}
