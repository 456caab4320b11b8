import { cleanCustomerId } from './cleaning/ids.ts';
import { chooseColumns } from './columns/choose.ts';
import { type Role, roles } from './columns/roles.ts';
import { decideConventions } from './conventions/conventions.ts';
import type { ColumnChoice, Decision, Look, Note } from './look.ts';
import type { ReadOptions } from './options.ts';
import type { Filter, Plan, Unpacking } from './plan.ts';
import { createFilter } from './records/filters.ts';
import { decideSteps, usedColumns } from './records/steps.ts';
import { unpackLook } from './records/unpack.ts';

/** What a look at a table has shown. */
export interface Understanding {
  plan: Plan;
  columns: Partial<Record<Role, ColumnChoice>>;
  unusedColumns: readonly string[];
  decisions: Record<string, Decision>;
  notes: Note[];
}

/** Roles whose cells stand on the line of an item, whatever other lines an order has. */
const itemRoles: readonly Role[] = ['product', 'quantity', 'price', 'name', 'category', 'refunded'];

/**
 * Chooses the columns of items by the records that count: a shipping line has no SKU, and that says nothing about the
 * column of SKUs. Which records count is known once a status column is.
 */
function choose(look: Look, options: ReadOptions, unpacking: Unpacking | undefined) {
  const chosen = chooseColumns(look, options);
  const stepped = decideSteps(look, chosen.columns, options, unpacking);
  const counted = passing(look, stepped.steps?.filters ?? []);
  if (counted.records.length === 0 || counted.records.length === look.records.length) return { chosen, stepped };
  const others = roles.filter((role) => !itemRoles.includes(role));
  const kept = others.map((role) => {
    const column = chosen.columns[roles.indexOf(role)]!;
    return [role, column === -1 ? false : `#${column + 1}`] as const;
  });
  const required = kept.filter(([role, column]) => role !== 'customer' || column !== false);
  const columns = { ...Object.fromEntries(required), ...options.columns };
  const better = chooseColumns(counted, { ...options, columns });
  const choices = { ...better.choices };
  for (const role of others) {
    const choice = chosen.choices[role];
    if (choice !== undefined) choices[role] = choice;
  }
  const decisions = { ...chosen.decisions, ...better.decisions };
  for (const role of itemRoles) if (better.decisions[role] === undefined) delete decisions[role];
  const merged = { ...chosen, columns: better.columns, choices, decisions };
  return { chosen: merged, stepped: decideSteps(look, merged.columns, options, unpacking) };
}

/** The look without the records that filters leave out. A blank cell may be carried down, and leaves out none. */
function passing(look: Look, filters: readonly Filter[]): Look {
  const judges = filters.map((filter) => ({ column: filter.column, judge: createFilter(filter) }));
  const isCounted = (cells: readonly unknown[]) =>
    judges.every(({ column, judge }) => cells[column] === '' || judge(cells[column]) !== 'drops');
  const records: (readonly unknown[])[] = [];
  const runs = look.runs.map((from, run) => {
    const start = records.length;
    records.push(...look.records.slice(from, look.runs[run + 1]).filter(isCounted));
    return start;
  });
  return { ...look, records, runs };
}

/**
 * Decides from a look how a table is read.
 *
 * @throws `columns_unrecognized`.
 */
export function understand(source: Look, options: ReadOptions): Understanding {
  const { look, unpacking } = unpackLook(source);
  const { chosen, stepped } = choose(look, options, unpacking);
  const written = decideConventions(look, chosen.columns, options);
  const plan: Plan = {
    columns: chosen.columns,
    everyRecordIsOne: chosen.columns[roles.indexOf('quantity')] === -1,
    header: source.delimiter === undefined ? undefined : source.names,
    conventions: written.conventions,
    duplicates: options.duplicates ?? 'keep',
    customersOut: (options.customersOut ?? []).map((id) => cleanCustomerId(id) ?? id),
    steps: stepped.steps,
  };
  const used = new Set(usedColumns(plan));
  return {
    plan,
    columns: chosen.choices,
    unusedColumns: source.names.filter((_, column) => !used.has(column)),
    decisions: { ...look.decisions, ...chosen.decisions, ...written.decisions, ...stepped.decisions },
    notes: [...chosen.notes, ...written.notes, ...stepped.notes],
  };
}
