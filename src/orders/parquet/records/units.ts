/** Reads units of row groups into blocks of clean lines. */
import type { RowGroup } from 'hyparquet';
import { createTally } from '../../cleaning/account.ts';
import { createCleaner } from '../../cleaning/clean.ts';
import { type Role, roles } from '../../columns/roles.ts';
import { type BlockLines, newPurchases } from '../../csv/records/block-lines.ts';
import type { Plan } from '../../plan.ts';
import { createRecords } from '../../records/steps.ts';
import type { DateOrder } from '../../times/times.ts';
import type { OpenFile } from '../file.ts';
import { blockRecords, maxWaiting, type Unit } from '../messages.ts';
import type { Column } from '../schema.ts';
import { batchRecords, createColumnCleaner } from './clean.ts';
import { createCollector } from './collect.ts';
import { createColumnReading, readRows } from './rows.ts';

/** The one that is filled, those that wait for the other thread, and the one that it has just taken. */
const blocksInUse = maxWaiting + 2;

/** What is read, and how. */
export interface UnitSource {
  readonly file: OpenFile;
  readonly groups: readonly RowGroup[];
  /** Undefined stands for one that the plan does not use. */
  readonly columns: readonly (Column | undefined)[];
  readonly plan: Plan;
}

/**
 * Whether records can be cleaned by column, and row groups at the same time: each record is an order line as it stands,
 * whatever other records are, and its time is in one column.
 */
export function canReadByColumn({ columns, duplicates, steps }: Plan, read: UnitSource['columns']): boolean {
  const has = (role: Role) => columns[roles.indexOf(role)] !== -1;
  const isLine = steps === undefined && duplicates === 'keep' && !has('clock') && !(has('sequence') && !has('time'));
  return isLine && read.every((column) => column?.list === undefined);
}

/** Memory of blocks, in turn: of those before, the other thread has taken all but the last ones. */
function createMemory(): () => Int32Array {
  const memory: Int32Array[] = [];
  let next = 0;
  return () => {
    const at = next++ % blocksInUse;
    memory[at] ??= newPurchases(blockRecords);
    return memory[at];
  };
}

/**
 * Prepares reading; ids are numbered over all units.
 *
 * @param isByColumn whether records are cleaned by column, which gives the same lines.
 * @param onBlock takes the lines of a block, whose memory is used again once `maxWaiting` further ones have been given: of `blockRecords` records, of fewer at the end of a unit, or of fewer that hold more lines.
 * @param onStep called between steps that each take a bounded time.
 * @returns a function that reads a unit. It throws an Error if the file is broken.
 */
export function createUnitReader(
  { file, groups, columns, plan }: UnitSource,
  isByColumn: boolean,
  onBlock: (lines: BlockLines) => void,
  onStep: () => void,
): (unit: Unit) => void {
  const tally = createTally();
  const memoryOf = createMemory();
  const collector = createCollector(memoryOf);
  /** Records of the file in the block; `read` counts those that they became, in blocks before this one. */
  let inBlock = 0;
  let read = 0;

  function give(dateOrder: DateOrder | undefined): void {
    const dropped = tally.takeDrops();
    const lines = collector.take({ records: tally.read - read, textLines: inBlock, dropped, dateOrder });
    read = tally.read;
    inBlock = 0;
    onBlock(lines);
  }

  function readColumns() {
    const { cells, read } = createColumnReading(columns, batchRecords);
    const cleaner = createColumnCleaner(plan, collector, tally, (role) => {
      const column = plan.columns[roles.indexOf(role)];
      return column === -1 ? undefined : cells[column];
    });
    const onRecords = (count: number) => {
      cleaner.clean(count, inBlock);
      inBlock += count;
      if (inBlock === blockRecords) give(cleaner.dateOrder());
    };
    return ({ from, to, dateOrder }: Unit) => {
      if (dateOrder !== undefined) cleaner.restart(dateOrder);
      read(file, groups.slice(from, to), () => blockRecords - inBlock, onRecords, onStep);
      if (inBlock > 0) give(cleaner.dateOrder());
    };
  }

  function readRecords() {
    const cleaner = createCleaner(plan, tally, collector.addLine);
    const take = createRecords(plan, cleaner.record, (reason, line, value) => {
      tally.read++;
      tally.drop(reason, line, value);
    });
    const onRecord = (cells: readonly unknown[]) => {
      take(cells, inBlock++);
      if (inBlock === blockRecords || tally.read - read >= blockRecords) give(cleaner.dateOrder());
    };
    return ({ from, to }: Unit) => {
      readRows(file, groups.slice(from, to), columns, onRecord, onStep);
      if (inBlock > 0) give(cleaner.dateOrder());
    };
  }

  return isByColumn ? readColumns() : readRecords();
}
