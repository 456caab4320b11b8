import { type DecimalMark, decimalMarkIn, otherMark } from '../cleaning/numbers.ts';
import { type Role, roles } from '../columns/roles.ts';
import type { Decision, Look, Note } from '../look.ts';
import { europeanName, given, textsOf } from './hints.ts';

/** What the texts of a column say about the mark. */
interface Evidence {
  name: string;
  /** Numbers that show it. */
  shown: Record<DecimalMark, number>;
  /** Numbers that do not, such as 2,000, by the mark that they have. */
  open: Record<DecimalMark, number>;
  /** The first number of either kind. */
  example: Record<DecimalMark, string>;
  openExample: string;
  /** Open numbers that end in 000. */
  thousands: number;
}

export interface DecimalMarkDecision {
  mark: DecimalMark;
  /** Whether numbers or an option show it, so that other decisions may rest on it. */
  isShown: boolean;
  decision?: Decision;
  note?: Note;
}

/** Roles whose cells may look like numbers, and are none. */
const otherRoles: Role[] = ['customer', 'product', 'order', 'time', 'clock', 'name', 'category'];
const marks: DecimalMark[] = ['.', ','];
const words = { '.': 'point', ',': 'comma' } as const;

/**
 * Decides which mark stands before decimals, for numbers that can be read both ways. What numbers of the same column show
 * counts most, then those of the quantities and prices, then those of other columns, then how the file is written.
 */
export function decideDecimalMark(
  look: Look,
  columns: readonly number[],
  option: 'auto' | 'comma' | 'point',
): DecimalMarkDecision {
  if (option !== 'auto') {
    const mark = option === 'comma' ? ',' : '.';
    return { mark, isShown: true, decision: { value: option, why: given } };
  }
  const column = (role: Role) => columns[roles.indexOf(role)] ?? -1;
  const used = [column('quantity'), column('price')].filter((index) => index !== -1);
  const ids = otherRoles.map(column);
  const numbers = used.map((index) => evidenceOf(look, index)).filter((evidence) => evidence !== undefined);
  const open = numbers.filter((evidence) => evidence.open['.'] + evidence.open[','] > 0);
  const others = look.names.map((_, index) => index).filter((index) => !used.includes(index) && !ids.includes(index));
  const shown =
    shownBy(open) ??
    shownBy(numbers) ??
    shownBy(others.map((index) => evidenceOf(look, index)).filter((evidence) => evidence !== undefined));
  if (shown !== undefined) return shown;

  const first = open[0];
  if (first === undefined) {
    const isText = used.some((index) => !textsOf(look, index).next().done);
    return {
      mark: '.',
      isShown: false,
      ...(isText && { decision: { value: 'point', why: 'no number has decimals' } }),
    };
  }
  const { mark, why } = assumed(look, first);
  const isThousand = first.openExample.includes(otherMark(mark));
  const other = words[otherMark(mark)];
  const text =
    `No number shows whether a comma or a point stands before decimals: ${JSON.stringify(first.openExample)} in ` +
    `'${first.name}' is read ${isThousand ? 'with thousands' : 'with three decimals'}, because ${why}. If that is ` +
    `wrong: decimal: '${other}', or --decimal ${other}`;
  return {
    mark,
    isShown: false,
    decision: { value: words[mark], why: `assumed, because ${why}` },
    note: { code: 'decimal-mark-assumed', text },
  };
}

/** What the texts of a column show; undefined if most of those with marks are not numbers. */
function evidenceOf(look: Look, column: number): Evidence | undefined {
  const evidence: Evidence = {
    name: look.names[column]!,
    shown: { '.': 0, ',': 0 },
    open: { '.': 0, ',': 0 },
    example: { '.': '', ',': '' },
    openExample: '',
    thousands: 0,
  };
  let others = 0;
  let numbers = 0;
  const counts = new Map<string, number>();
  for (const text of textsOf(look, column)) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const [text, count] of counts) {
    if (!/\d[.,]\d/.test(text)) continue;
    const found = decimalMarkIn(text);
    if (found === undefined) others += count;
    else {
      numbers += count;
      if (found === 'either') {
        evidence.open[text.includes(',') ? ',' : '.'] += count;
        evidence.openExample ||= text;
        if (/[.,]000(?!\d)/.test(text)) evidence.thousands += count;
      } else if (found !== 'none') {
        evidence.shown[found] += count;
        evidence.example[found] ||= text;
      }
    }
  }
  return numbers > others ? evidence : undefined;
}

/** The mark that most numbers of these columns show. */
function shownBy(columns: readonly Evidence[]): DecimalMarkDecision | undefined {
  const count = (mark: DecimalMark) => columns.reduce((sum, { shown }) => sum + shown[mark], 0);
  const mark = count(',') > count('.') ? ',' : '.';
  const best = columns.find(({ shown }) => shown[mark] > 0);
  if (best === undefined) return undefined;
  const why = `as ${JSON.stringify(best.example[mark])} in '${best.name}' shows`;
  return { mark, isShown: true, decision: { value: words[mark], why } };
}

/** The likeliest mark where all numbers can be read both ways. */
function assumed(look: Look, { open, thousands }: Evidence): { mark: DecimalMark; why: string } {
  const used = marks.filter((mark) => open[mark] > 0);
  const mark = used[0]!;
  // Nobody buys whole thousands every time.
  if (used.length === 1 && thousands === open[mark] && thousands > 2)
    return { mark, why: `all of them end in ${mark}000` };
  const name = europeanName(look);
  if (name !== undefined) return { mark: ',', why: `columns have names such as '${name}'` };
  if (look.delimiter === ';' && open[','] > 0) return { mark: ',', why: 'semicolons separate the cells' };
  return { mark: '.', why: 'a point is more usual' };
}
