import { EndcapError } from '../../errors.ts';
import { type Account, type DropReason, describeAccount } from '../../orders/cleaning/account.ts';
import { culpritRoles } from '../../orders/cleaning/clean.ts';
import { isIntended } from '../../orders/cleaning/reasons.ts';
import { findCandidates } from '../../orders/columns/candidates.ts';
import type { Role } from '../../orders/columns/roles.ts';
import { dateForms } from '../../orders/times/times.ts';
import { number } from '../../wording.ts';

/** The roles that a source can be read without. */
const needless: readonly Role[] = ['order', 'time', 'clock'];

/**
 * Refuses a source of which too little is left. The purchases of a store that were added to it do not make up for that.
 *
 * @param unusedColumns names of the columns without a role.
 * @throws `no_orders` if that is nothing, `orders_lost` if it is less than half of what should be purchases.
 */
export function refuseLosses(
  source: string,
  account: Account,
  unusedColumns: readonly string[],
  acceptLoss: boolean,
): void {
  const { returns, dropped, source: alone = account } = account;
  const { read, purchases } = alone;
  const details = { source, account };
  if (read === 0) {
    const hasHeader = Object.keys(account.columns).length > 0;
    const problem = hasHeader ? 'has a header but no rows' : 'is empty';
    throw new EndcapError('no_orders', `${source} ${problem}; expected one order line per row`, details);
  }
  // A store loses nothing else.
  let expected = account.read - returns - (account.purchases - purchases);
  for (const [reason, records] of Object.entries(dropped)) if (isIntended(reason)) expected -= records;
  if (purchases > 0 && (acceptLoss || 2 * purchases >= expected)) return;
  const lines = [...describeAccount(account), ...adviceOn(account, unusedColumns)];
  if (purchases === 0)
    throw new EndcapError('no_orders', [`${source}: no order line is left`, ...lines].join('\n'), details);
  const [kept, all] = [purchases, expected].map(number);
  lines.unshift(`${source}: only ${kept} of ${all} rows that should be purchases are kept`);
  lines.push('If that is as it should be: --accept-loss, or acceptLoss: true');
  throw new EndcapError('orders_lost', lines.join('\n'), details);
}

/** What may help against the most frequent reason, and against what is known of others. */
function adviceOn({ purchases, dropped, examples, columns }: Account, unusedColumns: readonly string[]): string[] {
  const lines: string[] = [];
  const valueFor = (reason: DropReason) => JSON.stringify(examples[reason]?.[0]?.value ?? '');
  if (purchases === 0 && dropped['left out']) {
    lines.push(
      `Few or no rows meet the conditions of --where, or where. Their columns have values such as ${valueFor('left out')}.`,
    );
  }
  if (purchases === 0 && dropped['not a purchase']) {
    lines.push(
      `A column says of rows that they are no purchases, with values such as ${valueFor('not a purchase')}. If they are: ` +
        '--where "column=value", or where, says which values count; --columns status=, or columns: { status: false }, counts all.',
    );
  }
  const reasons = (Object.entries(dropped) as [DropReason, number][]).filter(([reason]) => !isIntended(reason));
  const [worst] = reasons.sort((a, b) => b[1] - a[1]).map(([reason]) => reason);
  if (dropped['unreadable customer'] || dropped['unreadable product'] || dropped['unreadable order']) {
    lines.push(
      'Ids are text, or numbers up to 2^53: larger ones lose their last digits, so that different ids become one; write ' +
        'such ids as text.',
    );
  }
  if (dropped['unreadable date']) {
    lines.push(
      `Dates are read as ${dateForms}. To read the orders without their dates: columns: { time: false }, or --columns time=`,
    );
  }
  const role = worst === undefined ? undefined : culpritRoles[worst]?.[0];
  if (role !== undefined && columns[role] !== undefined) {
    const value = examples[worst]?.find((example) => example.value !== '')?.value;
    const has = value === undefined ? 'is blank in these rows' : `has values such as ${JSON.stringify(value)}`;
    lines.push(
      `The ${role} is read from the column ${JSON.stringify(columns[role])}, which ${has}.${nextFor(role, unusedColumns)}`,
    );
  }
  if (dropped['malformed row'] && worst === 'malformed row')
    lines.push(
      'Rows have more cells than the header, or a quote is not closed: is the delimiter right? --delimiter names it.',
    );
  return lines;
}

/** The column to try next for a role. */
function nextFor(role: Role, unusedColumns: readonly string[]): string {
  const [next] = findCandidates(unusedColumns).of(role);
  if (next !== undefined) {
    const name = unusedColumns[next.column];
    return ` Another column may be right: --columns ${role}=${JSON.stringify(name)}, or columns: { ${role}: ${JSON.stringify(name)} }`;
  }
  if (needless.includes(role)) return '';
  return ` No other column has a usual name for it; name one with --columns ${role}=..., or columns: { ${role}: '...' }`;
}
