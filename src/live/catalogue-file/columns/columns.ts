import { plainName, ranksOf } from '../../../orders/columns/names.ts';
import { productLimits } from '../../catalogue/limits.ts';
import { type CataloguePlatform, type CatalogueRole, platforms } from './platforms.ts';
import { usualIds, usualNames } from './usual-names.ts';

/** What the columns of a product file are, by their places. */
export interface CatalogueColumns {
  readonly platform: CataloguePlatform | undefined;
  /** Those that may have the ids, the likeliest first. */
  readonly ids: readonly number[];
  /** By role, preferred first. */
  readonly of: ReadonlyMap<CatalogueRole, readonly number[]>;
  /** Those of attributes, and their names. */
  readonly attributes: readonly { readonly column: number; readonly name: string }[];
  /** All that matter, besides that of the ids. */
  readonly used: readonly number[];
  /** The places of columns that a platform names for something else. */
  named(names: string | undefined): number[];
}

/** Columns further on are not looked at. */
const maxColumns = 1000;
/** Columns that may have the ids. */
const maxIds = 12;
/** One less than a product may have, since the brand is one. */
const maxAttributes = productLimits.attributes - 1;
/** Roles for which all columns count, and not just the first. */
const several: ReadonlySet<CatalogueRole> = new Set(['published', 'withdrawn', 'stock', 'image']);
/** What names and describes the parents of variants. */
export const parentKeys = ['ID', 'SKU', 'Type'];
const attribute = /^attributes?\s*[.:]\s*(\S.{0,99})$/is;

/** Finds what the names of a header tell. */
export function findColumns(header: readonly string[]): CatalogueColumns {
  const names = header.slice(0, maxColumns).map((name) => (name.length > 200 ? '' : name.replace(/^g:/i, '')));
  const plain = names.map(plainName);
  // Fields of elements of a list in JSON have names such as `variants.sku`.
  const endsAfter = (list: RegExp) => names.map((name) => (list.test(name) ? plainName(name.replace(list, '')) : ''));
  const ofVariants = endsAfter(/^variants?\./i);
  const ofProducts = endsAfter(/^(products?|items?|articles?|data|node)\./i);
  const at = (name: string, role?: CatalogueRole): number[] => {
    const [, start] = /^(.*) \*$/.exec(name) ?? [];
    const key = plainName(start ?? name);
    const isIt = (own: string) => (start !== undefined ? own.startsWith(key) : own === key);
    const found = (list: readonly string[]) => list.flatMap((own, column) => (own !== '' && isIt(own) ? [column] : []));
    const [shared, own] = [[...found(plain), ...found(ofProducts)], found(ofVariants)];
    // A variant has its own price and stock, but what it is called beside its product is its size.
    return role === 'name' ? [...shared, ...own] : [...own, ...shared];
  };
  const columnsOf = (text: string, between: string, role?: CatalogueRole) => [
    ...new Set(text.split(between).flatMap((name) => at(name, role))),
  ];
  const has = (name: string) => at(name).length > 0;
  const platform = platforms.find(({ signatures }) => signatures.some((signature) => signature.split('; ').every(has)));
  const named = (text: string | undefined, role?: CatalogueRole) =>
    text === undefined ? [] : columnsOf(text, '; ', role);

  const of = new Map<CatalogueRole, readonly number[]>();
  const taken = new Set<number>();
  for (const role of Object.keys(usualNames) as CatalogueRole[]) {
    const found =
      platform === undefined ? columnsOf(usualNames[role], ', ', role) : named(platform.columns[role], role);
    const free = platform === undefined ? found.filter((column) => !taken.has(column)) : found;
    const columns = several.has(role)
      ? role === 'stock' && platform === undefined
        ? free.slice(0, 1)
        : free
      : free.slice(0, 1);
    if (columns.length === 0) continue;
    of.set(role, columns);
    if (role !== 'saleFrom') for (const column of columns) taken.add(column);
  }
  const attributes = names
    .flatMap((name, column) => {
      const [, own] = attribute.exec(name) ?? [];
      return own === undefined ? [] : [{ column, name: own.trim() }];
    })
    .slice(0, maxAttributes);
  const { carriedBy, itemColumns, kinds, parent } = platform ?? {};
  const lines = [carriedBy, itemColumns, kinds?.column, ...(parent === undefined ? [] : [parent, ...parentKeys])];
  return {
    platform,
    ids: [...new Set([...named(platform?.ids), ...usualIdColumns(names, (text) => columnsOf(text, ', '))])].slice(
      0,
      maxIds,
    ),
    of,
    attributes,
    used: [
      ...new Set([
        ...[...of.values()].flat(),
        ...attributes.map(({ column }) => column),
        ...lines.flatMap((text) => named(text)),
      ]),
    ],
    named,
  };
}

/** What the products of orders are called, and then what only products are. */
function usualIdColumns(names: readonly string[], columnsOf: (text: string) => number[]): number[] {
  const ranked = names.flatMap((name, column) => {
    const rank = ranksOf(name).product;
    return rank === undefined ? [] : [{ column, rank }];
  });
  ranked.sort((a, b) => a.rank.kind - b.rank.kind || a.rank.rank - b.rank.rank);
  return [...ranked.map(({ column }) => column), ...columnsOf(usualIds)];
}
