import type { ColumnChoice, Decision, Look, Note } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import { type Candidate, findCandidates } from './candidates.ts';
import { createEvidence, type Evidence } from './evidence.ts';
import { isHandful, type Misfit, misfitOf, quote, worseCustomer, worseProduct, worseTime } from './fit.ts';
import { columnsLike } from './likeness.ts';
import { areEquivalent } from './orders.ts';
import { noSuchColumn, unrecognized } from './refusal.ts';
import { type Role, requiredRoles, roles } from './roles.ts';

/** The columns of a table's roles. */
export interface ChosenColumns {
  /** The column of every role in `roles`, or -1. Every record counts as one if there is none for the quantity. */
  columns: number[];
  choices: Partial<Record<Role, ColumnChoice>>;
  decisions: Record<string, Decision>;
  notes: Note[];
}

/** The order comes first, since it tells lines of an order from each other; then what other columns are compared with. */
const inTurn: readonly Role[] = ['order', ...roles.filter((role) => role !== 'order')];

/** A column that was passed over for a role, and why. */
export interface Failure {
  readonly column: number;
  readonly misfit: Misfit;
}

interface Choice {
  column: number;
  why: string;
  failures: readonly Failure[];
  /** Others that fit as well. */
  rivals: readonly Candidate[];
}

/**
 * Chooses the column of each role: the one that is named in the options; otherwise the one with the best name that also
 * looks right. What a column's name promises counts only if its cells do not speak against it; then the next one stands
 * in, and the reason says so. A column whose name is not known is never chosen.
 *
 * @throws `columns_unrecognized` if a named column does not exist, or no column fits as the customer, product or quantity.
 */
export function chooseColumns(look: Look, options: ReadOptions): ChosenColumns {
  const { names } = look;
  const wanted = options.columns ?? {};
  const evidence = createEvidence(look);
  const candidates = findCandidates(names);
  const { platform } = candidates;
  const chosen = new Map<Role, Choice>();
  const failures = new Map<Role, readonly Failure[]>();
  const columnOf = (role: Role) => chosen.get(role)?.column ?? -1;

  for (const role of roles) {
    const name = wanted[role];
    if (typeof name !== 'string') continue;
    const column = columnNamed(names, name);
    if (column === -1) throw noSuchColumn(look, name, role);
    chosen.set(role, { column, why: 'named in the options', failures: [], rivals: [] });
  }
  const likelyCustomer = candidates.of('customer').find(({ column }) => evidence.of(column).distinct > 1)?.column ?? -1;
  for (const role of inTurn) {
    if (wanted[role] !== undefined || isNeedless(role)) continue;
    const taken = takenSoFar();
    const used = new Set(taken.values());
    const free = candidates.of(role).filter(({ column }) => !used.has(column));
    const choice = choose(role, free, evidence, taken, likelyCustomer);
    if ('column' in choice) chosen.set(role, { ...choice, why: whyOf(choice, names, platform?.name) });
    failures.set(role, choice.failures);
  }

  const isOne = wanted.quantity === false || (columnOf('quantity') === -1 && platform?.quantity === 'one');
  const missing = requiredRoles.filter((role) => columnOf(role) === -1 && !(role === 'quantity' && isOne));
  if (missing.length > 0) {
    throw unrecognized(look, evidence, { missing, taken: takenSoFar(), failures, hasHeader: options.header !== false });
  }
  const columns = roles.map(columnOf);
  return {
    columns,
    choices: Object.fromEntries(
      roles.flatMap((role) => {
        const choice = chosen.get(role);
        return choice === undefined ? [] : [[role, describe(choice, names, evidence)]];
      }),
    ),
    decisions: decisionsOf(),
    notes: [...chosen].flatMap(([role, choice]) => notesOf(role, choice, names, evidence)),
  };

  function takenSoFar(): ReadonlyMap<Role, number> {
    return new Map([...chosen].map(([role, { column }]) => [role, column]));
  }

  /** A time of day is part of the time only if that is a date; an order's number in a sequence stands in for a time. */
  function isNeedless(role: Role): boolean {
    const time = columnOf('time');
    if (role === 'clock') return time === -1 || (look.records.length > 0 && evidence.of(time).dateTimes > 0.5);
    return role === 'sequence' && time !== -1;
  }

  function reasonOf(failure: Failure, isTaken: boolean): string {
    return isTaken ? `although it ${failure.misfit.text}` : `not ${failureText(failure, names)}`;
  }

  function decisionsOf(): Record<string, Decision> {
    const decisions: Record<string, Decision> = {};
    if (platform !== undefined) decisions.platform = { value: platform.name, why: 'the names of its columns' };
    for (const role of roles) {
      const failed = failures.get(role) ?? [];
      if (failed.length === 0) continue;
      const value = chosen.has(role) ? names[columnOf(role)]! : 'none';
      decisions[role] = {
        value,
        why: failed
          .slice(0, 3)
          .map((failure) => reasonOf(failure, failure.column === columnOf(role)))
          .join('; '),
      };
    }
    if (wanted.quantity === false)
      decisions.quantity = { value: 'one', why: 'every record counts as one in the options' };
    else if (isOne) decisions.quantity = { value: 'one', why: `every record of ${platform!.name} is one piece` };
    return decisions;
  }
}

/** The first free column that looks right; else the first one that is at least not impossible. */
function choose(
  role: Role,
  free: readonly Candidate[],
  evidence: Evidence,
  taken: ReadonlyMap<Role, number>,
  likelyCustomer: number,
): Choice | { failures: readonly Failure[] } {
  const failures: Failure[] = [];
  const fitting: Candidate[] = [];
  const others = {
    customer: taken.get('customer') ?? likelyCustomer,
    order: taken.get('order') ?? -1,
    product: taken.get('product') ?? -1,
  };
  for (const candidate of free) {
    const misfit = misfitOf(role, candidate.column, candidate.name, evidence, others);
    if (misfit === undefined) fitting.push(candidate);
    else failures.push({ column: candidate.column, misfit });
  }
  let best = fitting[0];
  for (const other of best === undefined ? [] : fitting.slice(1)) {
    const text = worseThan(role, best!.column, other.column, evidence);
    if (text === undefined) continue;
    failures.unshift({ column: best!.column, misfit: { text, never: false } });
    best = other;
  }
  const cashier = role === 'customer' && best?.name?.vague ? cashierMisfit(best.column, evidence, taken) : undefined;
  if (cashier !== undefined) return { failures: [{ column: best!.column, misfit: cashier }, ...failures] };
  if (best === undefined) {
    const inDoubt = failures.find(({ misfit }) => !misfit.never);
    if (inDoubt === undefined) return { failures };
    const others = failures.filter((failure) => failure !== inDoubt);
    return { column: inDoubt.column, why: inDoubt.misfit.text, failures: [inDoubt, ...others], rivals: [] };
  }
  // What failed after the best name tells nothing about the choice.
  const before = free.slice(0, free.indexOf(best));
  return {
    column: best.column,
    why: best.ofPlatform ? 'platform' : 'name',
    failures: failures.filter(({ column }) => before.some((candidate) => candidate.column === column)),
    rivals: fitting.filter((other) => {
      const isPassedOver = failures.some(({ column }) => column === other.column);
      return other !== best && !isPassedOver && isRival(role, best, other, evidence);
    }),
  };
}

const comparisons: Partial<Record<Role, typeof worseCustomer>> = {
  customer: worseCustomer,
  product: worseProduct,
  time: worseTime,
};

/** Why a column with a name that cashiers have, too, is theirs: another one, of no known name, looks like the customer. */
function cashierMisfit(column: number, evidence: Evidence, taken: ReadonlyMap<Role, number>): Misfit | undefined {
  const seen = evidence.of(column);
  if (!taken.has('order') || !isHandful(seen)) return undefined;
  const likely = columnsLike('customer', evidence, new Map([...taken, ['customer', column]]));
  const better = likely.find((other) => evidence.of(other).distinct >= 3 * seen.distinct);
  if (better === undefined) return undefined;
  const text = `has ${seen.distinct} different values in ${seen.filled} records, as cashiers do, where ${quote(evidence.look.names[better]!)} has ${evidence.of(better).distinct}`;
  return { text, never: true };
}

function worseThan(role: Role, column: number, other: number, evidence: Evidence): string | undefined {
  return comparisons[role]?.(evidence, column, other);
}

/** Roles for which it matters that two columns would be read in different ways. */
const disputed: ReadonlySet<Role> = new Set(['customer', 'product', 'quantity', 'order']);

function isRival(role: Role, best: Candidate, other: Candidate, evidence: Evidence): boolean {
  if (!disputed.has(role) || best.ofPlatform || best.name?.kind !== other.name?.kind) return false;
  if (evidence.look.records.length === 0 || other.name?.vague) return false;
  const seen = evidence.of(other.column);
  return seen.filled >= 0.9 * evidence.of(best.column).filled && !areEquivalent(evidence, best.column, other.column);
}

function whyOf({ column, why, failures }: Choice, names: readonly string[], platform: string | undefined): string {
  const inDoubt = failures.find((failure) => failure.column === column);
  if (inDoubt !== undefined) return `its name, although it ${inDoubt.misfit.text}`;
  const reason = why === 'platform' ? `as ${platform} names it` : 'its name';
  if (failures.length === 0) return reason;
  return `stands in for ${failureText(failures[0]!, names)}`;
}

function failureText({ column, misfit }: Failure, names: readonly string[]): string {
  return `${quote(names[column]!)}, which ${misfit.text}`;
}

function describe({ column, why }: Choice, names: readonly string[], evidence: Evidence): ColumnChoice {
  return { column: names[column]!, index: column + 1, why, samples: evidence.of(column).samples };
}

function notesOf(
  role: Role,
  { column, failures, rivals }: Choice,
  names: readonly string[],
  evidence: Evidence,
): Note[] {
  const notes: Note[] = [];
  const inDoubt = failures.find((failure) => failure.column === column);
  // A blank column may be filled further on, rounded ids are reported with the whole of the orders, and each order may have
  // one line.
  const seen = evidence.of(column);
  if (inDoubt !== undefined && seen.filled > 0 && seen.rounded === 0 && role !== 'order') {
    const text = `${quote(names[column]!)} is read as the ${role} although it ${inDoubt.misfit.text}`;
    notes.push({ code: 'doubtful-column', text: `${text}. To read another one: ${flag(role, '...')}` });
  }
  const own = sameCase(names[column]!);
  const equal = own === '' ? -1 : names.findIndex((name, other) => other !== column && sameCase(name) === own);
  if (equal !== -1 && !isSame(evidence, column, equal)) {
    const text = `Columns ${column + 1} and ${equal + 1} are both named ${quote(names[column]!)}; column ${column + 1} is read as the ${role}`;
    notes.push({ code: 'equal-column-names', text: `${text}. To read the other one: ${flag(role, `#${equal + 1}`)}` });
  }
  const rival = rivals.find((candidate) => sameCase(names[candidate.column]!) !== own);
  if (rival !== undefined) {
    const other = names[rival.column]!;
    const text = `Both ${quote(names[column]!)} and ${quote(other)} could be the ${role}; ${quote(names[column]!)} is read`;
    notes.push({ code: 'two-columns', text: `${text}. To read the other one: ${flag(role, other)}` });
  }
  return notes;
}

function flag(role: Role, name: string): string {
  const text = /[,"]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
  return `columns: { ${role}: '${name}' }, or --columns ${role}='${text}'`;
}

function isSame(evidence: Evidence, a: number, b: number): boolean {
  const others = evidence.texts(b);
  return evidence.texts(a).every((text, record) => text === others[record]);
}

/** A column by its name, else by its number from 1. */
function columnNamed(names: readonly string[], wanted: string): number {
  const same = names.indexOf(wanted);
  if (same !== -1) return same;
  const bare = sameCase(wanted);
  const similar = names.findIndex((name) => sameCase(name) === bare);
  if (similar !== -1) return similar;
  const [, number] = /^#(\d{1,6})$/.exec(bare) ?? [];
  return number !== undefined && Number(number) <= names.length ? Number(number) - 1 : -1;
}

function sameCase(name: string): string {
  return name.trim().toLowerCase();
}
