import { chooseColumns } from './columns/choose.ts';
import { type Role, roles } from './columns/roles.ts';
import { decideConventions } from './conventions.ts';
import { cleanCustomerId } from './ids.ts';
import type { ColumnChoice, Decision, Look, Note } from './look.ts';
import type { ReadOptions } from './options.ts';
import type { Plan } from './plan.ts';
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

/**
 * Decides from a look how a table is read.
 *
 * @throws `columns_unrecognized`.
 */
export function understand(source: Look, options: ReadOptions): Understanding {
  const { look, unpacking } = unpackLook(source);
  const chosen = chooseColumns(look, options);
  const written = decideConventions(look, chosen.columns, options);
  const stepped = decideSteps(look, chosen.columns, options, unpacking);
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
