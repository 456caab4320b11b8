import type { OpenKernel } from '../../kernel/kernel.ts';
import { createPauses } from '../../turns.ts';
import type { Decision } from '../look.ts';
import type { TableSink } from '../table.ts';
import { type HeaderOptions, type Opening, openCsv } from './header.ts';
import { headBytes, lookAtCsv } from './look.ts';
import type { BlockLines } from './records/block-lines.ts';
import { type BlockCleaner, type CsvPlan, createBlockCleaner } from './records/clean.ts';
import { type Block, blockPadding } from './scan.ts';
import { createSplitter } from './split.ts';
import { type BlockMemory, checkHeldBack, createBlockMemory, join } from './text.ts';
import type { Threads } from './threads.ts';

/** Text that is cleaned on this thread without a break, which takes some milliseconds at most. */
const pieceBytes = 1 << 17;

const emptyBlock: Block = { bytes: new Uint8Array(blockPadding), length: 0 };

export interface CsvReading extends HeaderOptions {
  /** Threads that clean blocks, and are closed at the end; by default this one does. */
  threads?: Threads;
  /** Opens the kernel that cleans on this thread; without it, JavaScript does. */
  kernel?: () => OpenKernel;
  /** Called after each piece that is cleaned on this thread; may throw. */
  onTurn?: () => void;
  memory: BlockMemory;
  /** Bytes of text for the look, before which nothing is read; by default enough for 1,000 records. */
  lookBytes?: number;
  /** Text of whole lines from other places of the file, for the look. */
  elsewhere?: readonly Block[];
}

/**
 * Reads a CSV file: on other threads, or on this one, which then gives way to whatever else waits after every few
 * milliseconds. The result is the same. A thread cleans a block as if it began with a record and no date came before it. The
 * blocks are taken in the order of the file, and one for which this turns out to be wrong is cleaned again on this thread.
 *
 * @throws `orders_unreadable` if a quote in the header is not closed, or a line does not end.
 */
export async function readCsv(
  blocks: AsyncIterable<Block> | Iterable<Block>,
  sink: TableSink,
  source: string,
  { threads, kernel, onTurn = () => {}, memory, elsewhere = [], lookBytes = headBytes, ...header }: CsvReading,
): Promise<void> {
  let start = emptyBlock;
  let encoding: Decision | undefined;
  let queue: ReturnType<typeof createQueue> | undefined;
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
      kernel,
      onTurn,
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
  place: Pick<CsvReading, 'kernel' | 'memory'> & {
    source: string;
    firstLine: number;
    threads: Threads | undefined;
    onTurn: () => void;
  },
) {
  const { source, memory, onTurn } = place;
  let { firstLine } = place;
  // The steps of a record may depend on all records before it.
  const threads = plan.steps === undefined ? place.threads : undefined;
  const threadCount = threads?.count ?? 0;
  const pieces = createBlockMemory(pieceBytes);
  const pause = createPauses();
  threads?.begin(plan);
  let ownCleaner: BlockCleaner | undefined;
  const splitter = plan.steps === undefined ? undefined : createSplitter(plan, sink);
  const waiting: { block: Block; cleaner: number; result: Promise<BlockLines> }[] = [];
  /** The record at the end of the last block taken if its own end is not in that block. */
  let rest = new Uint8Array(0);

  async function cleanHere(block: Block): Promise<void> {
    const text = textIn(block);
    // Longer pieces if a record does: what has begun is looked at again with each further one.
    for (let at = 0, end = 0; at < text.length; at = end) {
      end = at + Math.max(pieceBytes, rest.length);
      cleanPiece(text.subarray(at, end), false);
      onTurn();
      await pause();
    }
    memory.give(block);
  }

  function cleanPiece(text: Uint8Array, last: boolean): void {
    const piece = join([rest, text], pieces);
    if (splitter !== undefined) moveOn(piece, splitter(piece, last, firstLine));
    else {
      ownCleaner ??= createBlockCleaner(plan, place.kernel?.());
      take(piece, threadCount, ownCleaner.clean(piece, last, sink.dateOrder()));
    }
    pieces.give(piece);
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
  }

  async function takeNext(): Promise<void> {
    const { block, cleaner, result } = waiting.shift()!;
    const lines = await result;
    const known = sink.dateOrder();
    const contradicts = known !== undefined && lines.dateOrder !== undefined && lines.dateOrder !== known;
    if (rest.length === 0 && !contradicts) {
      take(block, cleaner, lines);
      memory.give(block);
    } else {
      // The thread has numbered these ids, and will refer to them in later blocks.
      sink.learn(cleaner, lines);
      await cleanHere(block);
    }
    threads?.giveBack(cleaner, lines.purchases);
  }

  return {
    async push(block: Block): Promise<void> {
      if (threads === undefined) return cleanHere(block);
      waiting.push({ block, ...threads.clean(block, sink.dateOrder()) });
      while (waiting.length > 2 * threadCount) await takeNext();
    },
    async end(): Promise<void> {
      while (waiting.length > 0) await takeNext();
      if (rest.length > 0) cleanPiece(textIn(emptyBlock), true);
    },
  };
}

function textIn({ bytes, length }: Block): Uint8Array {
  return bytes.subarray(0, length);
}

function after({ bytes, length }: Block, at: number): Block {
  return { bytes: bytes.subarray(at), length: length - at };
}
