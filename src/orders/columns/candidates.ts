import { isProductList } from '../json/names.ts';
import { type NameRank, type NameRanks, plainName, ranksOf } from './names.ts';
import { columnNames, type Platform, recognizePlatform } from './platforms.ts';
import { type Role, roles } from './roles.ts';

/** A column that has a role as far as its name tells. */
export interface Candidate {
  readonly column: number;
  /** How well its name suits, if it is a usual one. */
  readonly name: NameRank | undefined;
  /** Whether it is a column that the platform's exports have for the role. */
  readonly ofPlatform: boolean;
}

export interface Candidates {
  readonly platform: Platform | undefined;
  /** The columns that may have a role, the best name first. */
  of(role: Role): readonly Candidate[];
}

/** Roles whose usual names do not count where the platform has columns of its own for them. */
const fixed: ReadonlySet<Role> = new Set(['clock', 'category', 'refunded', 'sequence']);

/** A header that repeats a name does not make the choice long. */
const maxCandidates = 50;
/** Columns further on can only be named in the options. */
const maxNames = 5000;

/** Finds what the names of a header tell. */
export function findCandidates(header: readonly string[]): Candidates {
  const names = header.slice(0, maxNames);
  const plain = names.map((name) => (name.length > 100 ? '' : plainName(name)));
  // Items that are unpacked from a cell have names such as `Product Details.Product SKU`.
  const ends = names.map((name) =>
    name.length > 100 || !name.includes('.') ? '' : plainName(name.replace(/^.*\./s, '')),
  );
  const platform = recognizePlatform(new Set(plain));
  const ranks = names.map(ranksOf);
  const hasItems = names.some(isOfItem);
  const byRole = new Map<Role, Candidate[]>();
  for (const role of roles) {
    const preferred = platform?.columns[role];
    const ofPlatform = columnNames(preferred ?? '').flatMap((name) => [
      ...columnsNamed(plain, name),
      ...columnsNamed(ends, name),
    ]);
    const list = ofPlatform.map((column) => ({ column, name: ranks[column]![role], ofPlatform: true }));
    if (preferred === undefined || (preferred !== '' && !fixed.has(role))) {
      list.push(...usualCandidates(role, ranks, plain, hasItems).filter(({ column }) => !ofPlatform.includes(column)));
    }
    byRole.set(role, list.slice(0, maxCandidates));
  }
  return { platform, of: (role) => byRole.get(role)! };
}

function usualCandidates(
  role: Role,
  ranks: readonly NameRanks[],
  plain: readonly string[],
  hasItems: boolean,
): Candidate[] {
  const list = ranks.flatMap((ofColumn, column) => {
    const name = ofColumn[role];
    return name === undefined ? [] : [{ column, name, ofPlatform: false }];
  });
  list.sort((a, b) => a.name.kind - b.name.kind || a.name.rank - b.name.rank || a.column - b.column);
  if (role !== 'order') return list;
  const others = [
    // The name beside line items is that of the order.
    ...(plain.some((name) => name.startsWith('lineitem')) ? columnsNamed(plain, 'name') : []),
    ...(hasItems ? columnsNamed(plain, 'id') : []),
  ].filter((column) => !list.some((candidate) => candidate.column === column));
  return [...list, ...others.map((column) => ({ column, name: undefined, ofPlatform: false }))];
}

/** Whether a column is one of the items in an order, such as `items.sku`; what stands beside it is the order's. */
function isOfItem(name: string): boolean {
  const [, list] = /([^.]+)\.[^.]+$/.exec(name.slice(0, 200)) ?? [];
  return list !== undefined && isProductList(list) && !/^(item|product|line|article)$/i.test(list);
}

function columnsNamed(plain: readonly string[], name: string): number[] {
  const columns: number[] = [];
  for (let column = plain.indexOf(name); column !== -1; column = plain.indexOf(name, column + 1)) columns.push(column);
  return columns;
}
