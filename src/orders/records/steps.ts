import { EndcapError } from '../../errors.ts';
import type { DropReason } from '../cleaning/account.ts';
import { show } from '../cleaning/cells.ts';
import { type Role, roles } from '../columns/roles.ts';
import type { Decision, Look, Note } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import type { Plan, StatusKind, Steps, Unpacking } from '../plan.ts';
import { createCarrier, findCarrying } from './carry.ts';
import { createDoubleCheck, findDoubles } from './doubles.ts';
import {
  conditionFromText,
  createFilter,
  filtersOfConditions,
  findStatusColumns,
  findUnclearColumns,
  listed,
  type StatusColumn,
  statusDecision,
} from './filters.ts';
import { createHeaderCheck } from './repeated-header.ts';
import { createUnpacker, packedColumns } from './unpack.ts';

export interface DecidedSteps {
  /** Undefined if every record is an order line as it stands. */
  readonly steps?: Steps;
  readonly decisions: Record<string, Decision>;
  readonly notes: Note[];
}

/**
 * Decides what must be done with the records of a table before they are order lines.
 *
 * @param look if items are unpacked, at the unpacked records.
 * @param columns the column of every role in `roles`, or -1.
 * @throws `invalid_options` or `columns_unrecognized` for a condition that cannot be used; `no_orders` if the table is one
 *   of events without a purchase.
 */
export function decideSteps(
  look: Look,
  columns: readonly number[],
  { where = [], columns: named = {} }: ReadOptions,
  unpacking?: Unpacking,
): DecidedSteps {
  const at = (role: Role) => columns[roles.indexOf(role)];
  const inSource = (wanted: readonly number[]) => wanted.filter((column) => column !== -1);
  const [order, product] = [at('order'), at('product')];
  const wanted = filtersOfConditions(look, where.map(conditionFromText));
  const taken = inSource(
    (['customer', 'product', 'quantity', 'order', 'time', 'clock', 'price', 'name'] as const).map(at),
  );
  const found =
    named.status === false ? [] : findStatusColumns(look, new Set(taken), at('status'), at('refunded') !== -1);
  const decided = new Set(
    found.filter(({ filter }) => wanted.some(({ column }) => column === filter.column)).map(({ kind }) => aspect(kind)),
  );
  const statuses = found.filter(({ kind }) => !decided.has(aspect(kind)));
  refuseEventsWithoutPurchases(look, statuses);
  const filters = [...wanted, ...statuses.map(({ filter }) => filter)];
  const carrying = findCarrying(look, {
    order,
    product,
    fields: inSource([at('customer'), at('time'), at('clock')]),
    others: filters.map(({ column }) => column),
  });
  const doubles = findDoubles(look, order, product);

  const known = [...taken, ...found.map(({ filter }) => filter.column), ...wanted.map(({ column }) => column)];
  const unclear = named.status === false ? [] : findUnclearColumns(look, new Set(known));
  const notes: Note[] = unclear.map(({ name, values }) => ({
    code: 'unclear-status',
    text:
      `Column '${name}' has the values ${listed(values)}, and records with any of them count. If only some are purchases: ` +
      `--where "${name}=${values[0]}", or where, with the values that count.`,
  }));

  const decisions: Record<string, Decision> = {};
  const records = describeRecords(look, { unpacking, carrying });
  if (records !== undefined) decisions.records = records;
  if (statuses.length > 0) decisions.status = statusDecision(statuses);
  if (doubles !== undefined) {
    decisions.doubles = {
      value: 'lines of a parent and its part count once',
      why:
        doubles.kind === 'parent'
          ? `'${look.names[doubles.parent]}' names a line above; the line above counts`
          : `'${look.names[doubles.type]}' is configurable and simple for one product of an order; the first line counts`,
    };
  }
  const refunds = at('refunded') !== -1 && !isNet.test(look.names[at('quantity')] ?? '');
  const needed = filters.length > 0 || at('refunded') !== -1 || (unpacking ?? carrying ?? doubles) !== undefined;
  return { steps: needed ? { unpacking, carrying, filters, doubles, refunds } : undefined, decisions, notes };
}

/** Names of quantities that are those after returns, such as `Quantity (- Refund)`. */
const isNet = /refund|return|\bnet\b|netto/i;

/** A condition on one column decides for all columns that say the same in another way, such as a state and a date. */
function aspect(kind: StatusKind): 'state' | 'event' {
  return kind === 'status' || kind === 'mark' ? 'state' : 'event';
}

function refuseEventsWithoutPurchases({ source, complete }: Look, statuses: readonly StatusColumn[]): void {
  const events = statuses.find(({ kind, kept }) => kind === 'event' && kept.length === 0);
  if (!complete || events === undefined) return;
  throw new EndcapError(
    'no_orders',
    `${source}: column '${events.name}' has ${listed(events.leftOut)}, and none of these is a purchase. If one is, name it with ` +
      `--where "${events.name}=..." or { where: ['${events.name}=...'] }`,
    { source, column: events.name },
  );
}

function describeRecords(
  look: Look,
  { unpacking, carrying }: Pick<Steps, 'unpacking' | 'carrying'>,
): Decision | undefined {
  const names = (columns: readonly number[]) => listed(columns.map((column) => `'${look.names[column]}'`));
  if (unpacking !== undefined) {
    const why = `one record per order; its items are unpacked from ${names(packedColumns(unpacking))}`;
    return { value: 'unpacked', why };
  }
  if (carrying === undefined) return undefined;
  const { order, blankContinues } = carrying;
  const carried = blankContinues && order !== -1 ? [order, ...carrying.columns] : carrying.columns;
  const why = `${names(carried)} ${carried.length === 1 ? 'stands' : 'stand'} only on the first record of an order`;
  return { value: 'carried down', why };
}

/** Takes a record of a table, with cells by column; the caller may reuse the array. */
export type RecordTaker = (cells: readonly unknown[], line: number) => void;

/**
 * Applies the steps of a plan to the records of its table, in their order.
 *
 * @param take receives a cell for every role in `roles`; the array is reused.
 * @param drop counts a record that a step leaves out.
 * @param leave receives the cells of its customer and order if a filter leaves it out.
 */
export function createRecords(
  plan: Plan,
  take: (cells: readonly unknown[], line: number) => void,
  drop: (reason: DropReason, line: number, value: string) => void,
  leave?: (customer: unknown, order: unknown) => void,
): RecordTaker {
  const { steps } = plan;
  const columns = plan.columns.map((column, role) => (roles[role] === 'refunded' && !steps?.refunds ? -1 : column));
  const byRole: unknown[] = roles.map(() => undefined);
  const give: RecordTaker = (cells, line) => {
    for (let role = 0; role < columns.length; role++)
      byRole[role] = columns[role] === -1 ? undefined : cells[columns[role]];
    take(byRole, line);
  };
  const finish = steps === undefined ? give : createItems(plan, steps, give, drop, leave);
  const isHeader = createHeaderCheck(plan);
  const started: RecordTaker = steps?.unpacking === undefined ? finish : createUnpacking(steps.unpacking, finish, drop);
  if (isHeader === undefined) return started;
  return (cells, line) => (isHeader(cells) ? drop('repeated header', line, show(cells[0])) : started(cells, line));
}

function createUnpacking(
  unpacking: Unpacking,
  take: RecordTaker,
  drop: (reason: DropReason, line: number, value: string) => void,
): RecordTaker {
  const unpack = createUnpacker(unpacking);
  const cells: unknown[] = [];
  return (packed, line) => {
    for (let column = 0; column < unpacking.width; column++) cells[column] = packed[column];
    const broken = unpack(packed, (item) => {
      for (let key = 0; key < item.length; key++) cells[unpacking.width + key] = item[key];
      take(cells, line);
    });
    if (broken !== undefined) drop('malformed row', line, show(broken));
  };
}

/** Applies what comes after unpacking. */
function createItems(
  plan: Plan,
  { carrying, filters, doubles }: Steps,
  give: RecordTaker,
  drop: (reason: DropReason, line: number, value: string) => void,
  leave?: (customer: unknown, order: unknown) => void,
): RecordTaker {
  const [customer, order] = [plan.columns[roles.indexOf('customer')], plan.columns[roles.indexOf('order')]];
  const quantity = plan.columns[roles.indexOf('quantity')];
  const product = plan.columns[roles.indexOf('product')];
  const used = usedColumns(plan, true);
  const carry = carrying === undefined ? undefined : createCarrier(carrying);
  const isDouble = doubles === undefined ? undefined : createDoubleCheck(doubles);
  const judges = filters.map((filter) => ({
    column: filter.column,
    judge: createFilter(filter),
    reason: 'values' in filter ? ('left out' as const) : ('not a purchase' as const),
  }));
  const cells: unknown[] = [];
  return (given, line) => {
    for (const column of used) cells[column] = given[column];
    carry?.(cells);
    const double = isDouble?.(cells) === true;
    let returns = false;
    for (const { column, judge, reason } of judges) {
      const verdict = judge(cells[column]);
      if (verdict !== 'drops' && !(verdict === 'returns' && plan.everyRecordIsOne)) {
        returns ||= verdict === 'returns';
        continue;
      }
      if (order !== -1) leave?.(cells[customer], cells[order]);
      return drop(reason, line, show(cells[column]));
    }
    if (double) return drop('double line', line, show(cells[product]));
    if (returns) cells[quantity] = negative(cells[quantity]);
    give(cells, line);
  };
}

/** The quantity of a return, which some tills write without a minus. */
function negative(cell: unknown): unknown {
  if (typeof cell === 'number') return -Math.abs(cell);
  if (typeof cell === 'bigint') return cell < 0n ? cell : -cell;
  return typeof cell !== 'string' || /^\s*[-−–(]|[-−–]\s*$|^\s*$/.test(cell) ? cell : `-${cell.trim()}`;
}

/**
 * The columns that a plan reads, ascending.
 *
 * @param virtual whether columns of unpacked items count; otherwise those that the items are unpacked from.
 */
export function usedColumns({ columns, steps }: Plan, virtual = false): number[] {
  const { unpacking, carrying, filters = [], doubles } = steps ?? {};
  const used = new Set(columns);
  for (const column of [...(carrying?.columns ?? []), ...(carrying?.fields ?? [])]) used.add(column);
  for (const { column } of filters) used.add(column);
  if (doubles?.kind === 'parent') used.add(doubles.item).add(doubles.parent);
  if (doubles?.kind === 'type') used.add(doubles.type);
  used.delete(-1);
  if (unpacking === undefined || virtual) return [...used].sort((a, b) => a - b);
  const source = [...used].filter((column) => column < unpacking.width);
  return [...new Set([...source, ...packedColumns(unpacking)])].sort((a, b) => a - b);
}
