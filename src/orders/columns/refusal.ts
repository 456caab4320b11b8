/** What is said where columns cannot be chosen. */
import { EndcapError } from '../../errors.ts';
import type { Look } from '../look.ts';
import type { Failure } from './choose.ts';
import { createEvidence, type Evidence } from './evidence.ts';
import { misfitOf, quote } from './fit.ts';
import { isUsualName } from './names.ts';
import { belongsToOrder, dependence, isLineNumber } from './orders.ts';
import type { Role } from './roles.ts';

const maxNames = 20;
const maxNameLength = 60;
/** Columns whose content is looked at for a suggestion. */
const maxLookedAt = 200;
const maxSuggestions = 3;

/** A column that was named in the options does not exist. */
export function noSuchColumn(look: Look, name: string, role: Role): EndcapError {
  return refusal(look, `there is no column '${name}' for the ${role}`, [role], '');
}

/** No column fits as some roles. */
export function unrecognized(
  look: Look,
  evidence: Evidence,
  found: {
    missing: readonly Role[];
    taken: ReadonlyMap<Role, number>;
    failures: ReadonlyMap<Role, readonly Failure[]>;
    hasHeader: boolean;
  },
): EndcapError {
  const { missing, taken, failures, hasHeader } = found;
  const failed = missing.flatMap((role) =>
    (failures.get(role) ?? []).slice(0, 2).map(({ column, misfit }) => `${quote(look.names[column]!)} ${misfit.text}`),
  );
  const problem = `no column was recognized as the ${listed(missing)}${failed.length > 0 ? ` (${failed.join('; ')})` : ''}`;
  const suggested = suggestions(look, evidence, missing, taken);
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
  const shown = names.slice(0, maxNames).map((name) => shorten(name) || '(blank)');
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')}, and ${more.toLocaleString('en-US')} more` : shown.join(', ');
}

function shorten(name: string): string {
  return name.length > maxNameLength ? `${name.slice(0, maxNameLength)}...` : name;
}

function listed(roles: readonly Role[]): string {
  return roles.join(', the ').replace(/, (?=[^,]*$)/, ' or ');
}

/** Whether the names of a table of CSV are those of no column, but look like the cells of a record. */
function isData({ names, delimiter, source }: Look): boolean {
  if (delimiter === undefined || names.some(isUsualName)) return false;
  const cells = names.slice(0, maxLookedAt).filter((name) => name !== '');
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
  taken: ReadonlyMap<Role, number>,
): { role: Role; text: string }[] {
  const order = taken.get('order') ?? -1;
  const customer = taken.get('customer') ?? -1;
  // A name or a category may be all that there is of the product.
  const used = new Set(
    [...taken].filter(([role]) => role !== 'name' && role !== 'category').map(([, column]) => column),
  );
  return missing.flatMap((role) => {
    const fitting: { column: number; score: number }[] = [];
    for (let column = 0; column < Math.min(look.names.length, maxLookedAt); column++) {
      if (used.has(column) || misfitOf(role, column, undefined, evidence, { order, product: -1 }) !== undefined)
        continue;
      // What is the same for all records of a customer, such as a name, is not what they bought.
      const isOfCustomer =
        role === 'product' && customer !== -1 && dependence(evidence, customer, column).share >= 0.95;
      const score = isOfCustomer ? 0 : scoreOf(role, column, evidence, order);
      if (score > 0) fitting.push({ column, score });
    }
    fitting.sort((a, b) => b.score - a.score || a.column - b.column);
    const shown = fitting.slice(0, maxSuggestions).map(({ column }) => {
      const samples = evidence.of(column).samples.map(shorten).join(', ');
      return `${quote(look.names[column] || `#${column + 1}`)} (${samples})`;
    });
    if (shown.length === 0) return [];
    return [{ role, text: `By what is in them, these could be the ${role}: ${shown.join('; ')}.` }];
  });
}

/** How much a column looks like a role; 0 if it does not. */
function scoreOf(role: Role, column: number, evidence: Evidence, order: number): number {
  const { records, filled, distinct, numbers, money, dates, clocks, emails, words, zeros, smallNumbers, topShare } =
    evidence.of(column);
  if (filled < 0.3 * records || distinct < 2 || clocks > 0.5 || zeros > 0.5) return 0;
  const isCount = numbers > 0.9 && smallNumbers > 0.9 && money < 0.2 && dates === 0 && topShare > 0.1;
  if (role === 'quantity') {
    return isCount && !belongsToOrder(evidence, column, order) && !isLineNumber(evidence, column, order) ? topShare : 0;
  }
  if (isCount || dates > 0.5 || money > 0.3 || distinct === filled || filled >= 100 * distinct) return 0;
  const isOfOrder = belongsToOrder(evidence, column, order);
  if (role === 'customer') return emails > 0.5 ? 3 : order !== -1 && !isOfOrder ? 0 : words > 0.5 ? 1 : 0.5;
  return isOfOrder || emails > 0.1 || (numbers > 0.9 && distinct < 10) ? 0 : words > 0.5 ? 2 : 1;
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
