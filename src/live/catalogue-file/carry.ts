import { isBlank, ownCopy, show } from '../../orders/cleaning/cells.ts';
import { type CatalogueColumns, parentKeys } from './columns/columns.ts';
import type { CatalogueRole } from './columns/platforms.ts';

/** What a variant does not share with the product above it. */
const own: ReadonlySet<CatalogueRole> = new Set(['stock', 'availability', 'tracked', 'backorders', 'salePrice']);

/**
 * Fills the cells that an export leaves blank in the lines of a product after its first, or of its variants.
 *
 * @returns a function that returns the cells of a line, in an array that it reuses; undefined if the line is no product.
 */
export function createCarrier(
  { platform, of, named }: CatalogueColumns,
  width: number,
): (cells: readonly unknown[]) => readonly unknown[] | undefined {
  const keys = named(platform?.carriedBy).slice(0, 1);
  const items = named(platform?.itemColumns);
  const kinds = named(platform?.kinds?.column).slice(0, 1);
  const parents = platform?.parent === undefined ? undefined : createParents(named(platform.parent)[0], of, named);
  if (keys.length + items.length + kinds.length === 0 && parents === undefined) return (cells) => cells;
  const shared = Array.from(of).flatMap(([role, columns]) => (own.has(role) ? [] : columns));
  const filled: unknown[] = Array.from({ length: width }, () => undefined);
  let key = '';
  const above = new Map<number, unknown>();

  return (cells) => {
    const kind = kinds.length > 0 && show(cells[kinds[0]]).trim().toLowerCase();
    if (kind && platform!.kinds!.others.includes(kind)) return undefined;
    for (let column = 0; column < width; column++) filled[column] = cells[column];
    for (const column of keys) {
      const text = isBlank(cells[column]) ? '' : show(cells[column]);
      const continues = text === '' || text === key;
      if (!continues) {
        key = ownCopy(text);
        above.clear();
      }
      for (const carried of [...shared, column]) {
        if (!isBlank(cells[carried])) {
          const cell = cells[carried];
          if (!above.has(carried)) above.set(carried, typeof cell === 'string' ? ownCopy(cell) : cell);
        } else if (continues && above.has(carried)) filled[carried] = above.get(carried);
      }
    }
    parents?.(filled);
    if (items.length > 0 && items.every((column) => isBlank(cells[column]))) return undefined;
    return filled;
  };
}

/** Gives a variant what only its parent has, which a column names as `id:12`, or by its SKU. */
function createParents(
  parent: number | undefined,
  of: CatalogueColumns['of'],
  named: CatalogueColumns['named'],
): ((cells: unknown[]) => void) | undefined {
  if (parent === undefined) return undefined;
  const [id, sku, type] = parentKeys.map((name) => named(name)[0]);
  const published = of.get('published') ?? [];
  const shared = [...published, ...(['category', 'image', 'brand'] as const).flatMap((role) => of.get(role) ?? [])];
  const parentsByKey = new Map<string, ReadonlyMap<number, string>>();
  const keyOf = (cell: unknown) => show(cell).trim();
  return (cells) => {
    const has = isBlank(cells[parent]) ? undefined : parentsByKey.get(keyOf(cells[parent]));
    // Variants of a draft say that they are published.
    for (const [column, cell] of has ?? [])
      if (isBlank(cells[column]) || published.includes(column)) cells[column] = cell;
    if (type === undefined || !/^variable/i.test(keyOf(cells[type]))) return;
    const own = new Map(shared.map((column) => [column, ownCopy(show(cells[column]))]));
    if (id !== undefined && !isBlank(cells[id])) parentsByKey.set(`id:${ownCopy(keyOf(cells[id]))}`, own);
    if (sku !== undefined && !isBlank(cells[sku])) parentsByKey.set(ownCopy(keyOf(cells[sku])), own);
  };
}
