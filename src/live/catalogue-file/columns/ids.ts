import { EndcapError } from '../../../errors.ts';
import { excerpt } from '../../../options.ts';
import { show } from '../../../orders/cleaning/cells.ts';
import { cleanId } from '../../../orders/cleaning/ids.ts';
import { isStorableId } from '../../shop-ids.ts';

/** The products of the model whose catalogue is read. */
export interface KnownProducts {
  readonly ids: ReadonlySet<string>;
  /** Whether its ids were cleaned as those of today's orders are. */
  readonly areCleaned: boolean;
}

/** The id in a cell; '' if there is none, undefined if it cannot be one. */
export function idIn(cell: unknown, { areCleaned }: Pick<KnownProducts, 'areCleaned'>): string | undefined {
  const id = areCleaned ? cleanId(cell) : show(cell);
  return id !== undefined && isStorableId(id) ? id : undefined;
}

/** Counts how many products of the model each column names. */
export interface IdColumns {
  /** @param columns places of the columns that may have the ids, and their names. */
  add(cells: readonly unknown[], columns: readonly { readonly column: number; readonly name: string }[]): void;
  /**
   * The name of the column that names the most.
   *
   * @throws `catalogue_unreadable` if none names any.
   */
  best(file: string): string;
}

const maxExamples = 3;

/** A file has SKUs, ids of variants, handles, and names; which of them the orders had, only their values show. */
export function createIdColumns(known: KnownProducts): IdColumns {
  const found = new Map<string, { matches: Set<string>; examples: Set<string> }>();
  return {
    add(cells, columns) {
      for (const { column, name } of columns) {
        const id = idIn(cells[column], known);
        if (id === undefined || id === '') continue;
        let counted = found.get(name);
        if (counted === undefined) {
          counted = { matches: new Set(), examples: new Set() };
          found.set(name, counted);
        }
        if (known.ids.has(id)) counted.matches.add(id);
        else if (counted.examples.size < maxExamples) counted.examples.add(excerpt(id));
      }
    },
    best(file) {
      let best: string | undefined;
      let most = 0;
      for (const [name, { matches }] of found) {
        if (matches.size <= most) continue;
        best = name;
        most = matches.size;
      }
      if (best !== undefined) return best;
      const tried = Array.from(found, ([name, { examples }]) => `'${name}' (${[...examples].join(', ')})`);
      const ofModel = [...known.ids].slice(0, maxExamples).map(excerpt);
      throw new EndcapError(
        'catalogue_unreadable',
        tried.length === 0
          ? `${file} has no column of ids; expected one such as 'sku', 'product_id', or 'id', with ids that the model has, such as ${ofModel.join(', ')}`
          : `no column of ${file} has the ids of the model's products, which are such as ${ofModel.join(', ')}; tried ` +
              `${tried.join('; ')}. The ids must be those that the orders had`,
        { file, columns: [...found.keys()], expected: ofModel },
      );
    },
  };
}
