/** What is said where columns cannot be chosen. */

import { EndcapError } from '../../errors.ts';
import { firstOf } from '../../options.ts';
import type { Look } from '../look.ts';
import type { Failure } from './choose.ts';
import { createEvidence, type Evidence } from './evidence.ts';
import { quote } from './fit.ts';
import { columnsLike, maxLookedAt } from './likeness.ts';
import { isUsualName } from './names.ts';
import type { Role } from './roles.ts';

const maxNames = 20;
const maxNameLength = 60;
const maxSuggestions = 3;

/** A column that was named in the options does not exist. */
export function noSuchColumn(look: Look, name: string, role: Role): EndcapError {
  return refusal(look, `there is no column '${name}' for the ${role}`, [role], '');
}

interface Refused {
  readonly missing: readonly Role[];
  /** The columns of other roles. */
  readonly taken: ReadonlyMap<Role, number>;
  /** By role, the columns that were passed over. */
  readonly failures: ReadonlyMap<Role, readonly Failure[]>;
  /** Whether the first line is taken for a header. */
  readonly hasHeader: boolean;
}

/** No column fits as some roles. */
export function unrecognized(look: Look, evidence: Evidence, found: Refused): EndcapError {
  const { missing, taken, failures, hasHeader } = found;
  const failed = missing.flatMap((role) =>
    (failures.get(role) ?? []).slice(0, 2).map(({ column, misfit }) => `${quote(look.names[column]!)} ${misfit.text}`),
  );
  const problem = `no column was recognized as the ${listed(missing)}${failed.length > 0 ? ` (${failed.join('; ')})` : ''}`;
  const suggested = suggestions(look, evidence, missing, found);
  const hints = [
    ...(isData(look) && hasHeader
      ? ['The first line looks like data: if the file has no header, add header: false, or --no-header.']
      : []),
    ...suggested.map(({ text }) => text),
    ...hintsAtFiles(
      missing,
      taken,
      suggested.some(({ role }) => role === 'product'),
    ),
  ];
  return refusal(look, problem, missing, hints.map((hint) => ` ${hint}`).join(''));
}

function refusal({ names, source }: Look, problem: string, missing: readonly Role[], hints: string): EndcapError {
  const api = missing.map((role) => `${role}: '...'`).join(', ');
  const cli = missing.map((role) => `${role}=...`).join(',');
  const optOut = missing.includes('quantity')
    ? ` If every row counts as one: columns: { quantity: false }, or --columns quantity=1.`
    : '';
  return new EndcapError(
    'columns_unrecognized',
    `${source}: ${problem}. Its columns are: ${listNames(names)}.${hints} ` +
      `Name the right column with columns: { ${api} }, or on the command line with --columns ${cli} ` +
      `(#3 is the third column).${optOut}`,
    { source, columns: names.slice(0, 100).map(shorten), roles: [...missing] },
  );
}

function listNames(names: readonly string[]): string {
  return firstOf(
    names.map((name) => shorten(name) || '(blank)'),
    maxNames,
  );
}

function shorten(name: string): string {
  return name.length > maxNameLength ? `${name.slice(0, maxNameLength)}...` : name;
}

function listed(roles: readonly Role[]): string {
  return roles.join(', the ').replace(/, (?=[^,]*$)/, ' or ');
}

/** Whether the names of a table of CSV are those of no column, but look like the cells of a record. */
function isData({ names, delimiter, source }: Look): boolean {
  const cells = names.slice(0, maxLookedAt).filter((name) => name !== '');
  if (delimiter === undefined || cells.some(isUsualName)) return false;
  const record = createEvidence({
    source,
    names: ['cell'],
    records: cells.map((cell) => [cell]),
    runs: [0],
    complete: true,
  });
  const { numbers, dates, emails } = record.of(0);
  return numbers + dates + emails > 0;
}

/** The columns that look like a role, although their names do not say so. */
function suggestions(
  look: Look,
  evidence: Evidence,
  missing: readonly Role[],
  { taken, failures }: Pick<Refused, 'taken' | 'failures'>,
): { role: Role; text: string }[] {
  return missing.flatMap((role) => {
    const failed = new Set(failures.get(role)?.map(({ column }) => column));
    const shown = columnsLike(role, evidence, taken)
      .filter((column) => !failed.has(column))
      .slice(0, maxSuggestions)
      .map((column) => {
        const samples = evidence.of(column).samples.map(shorten).join(', ');
        return `${quote(look.names[column] || `#${column + 1}`)} (${samples})`;
      });
    if (shown.length === 0) return [];
    return [{ role, text: `By what is in them, these could be the ${role}: ${shown.join('; ')}.` }];
  });
}

function hintsAtFiles(missing: readonly Role[], taken: ReadonlyMap<Role, number>, mayHaveProduct: boolean): string[] {
  const has = (role: Role) => taken.has(role);
  if (missing.includes('product') && !mayHaveProduct && has('customer') && (has('order') || has('time'))) {
    return [
      'A list of orders or payments does not say what was bought: export the lines of the orders, with a product each; if ' +
        'these are in another file, add this one to it with join: ..., or --join.',
    ];
  }
  if (missing.includes('customer') && has('product') && has('order')) {
    return [
      'If another file says whose orders these are, such as one with an order id and a customer id in each record, add its ' +
        'columns with join: ..., or --join orders.csv.',
    ];
  }
  return [];
}
