import { turn } from '../../turns.ts';
import type { CatalogueEntry } from '../store/store.ts';
import { absent, markField, type Standings } from './standing.ts';

/** Writes what a product file says, a thousand products at a time. */
export interface FileWriting {
  /** Which of some products of the file, by place, it has not said the same of before. */
  changed(products: readonly string[], marks: ArrayLike<number>): number[];
  /** @param entries products, and the fields to change; null removes one. */
  write(
    entries: readonly { product: string; fields: Readonly<Record<string, unknown>>; mark: number }[],
  ): Promise<void>;
  /** Takes off what none of the products was. Returns how many. */
  end(): Promise<number>;
}

/** What the catalogue has. */
interface Had {
  /** Of the model, by row. */
  readonly products: readonly string[];
  readonly productRow: (id: string) => number | undefined;
  readonly standings: Pick<Standings, 'has' | 'mark'>;
  /** Products that the model does not know, and their marks. */
  readonly unknown: ReadonlyMap<string, number | undefined>;
}

/** Products that are taken off at a time. */
const pageSize = 1000;
/** Rows that are looked at before others have their turn. */
const rowsAtATime = 20_000;

/** @param write changes fields of products. */
export function createFileWriting(
  { products, productRow, standings, unknown }: Had,
  write: (entries: readonly CatalogueEntry[]) => Promise<void>,
): FileWriting {
  /** What the file has. */
  const rows = new Uint8Array(products.length);
  const others = new Set<string>();

  /** Products of which something is known, and that the file does not have; undefined now and then. */
  function* missing(): Generator<string | undefined> {
    for (let row = 0; row < rows.length; row++) {
      if (rows[row] === 0 && standings.has(row) && standings.mark(row) !== absent) yield products[row];
      if (row % rowsAtATime === 0) yield undefined;
    }
    for (const [product, mark] of unknown) if (mark !== absent && !others.has(product)) yield product;
  }

  async function takeOff(gone: readonly string[]): Promise<void> {
    const fields = { available: false, [markField]: absent };
    await write(gone.map((product) => ({ product, fields })));
  }

  return {
    changed(products, marks) {
      const changed: number[] = [];
      for (const [i, product] of products.entries()) {
        const row = productRow(product);
        if (row === undefined) others.add(product);
        else rows[row] = 1;
        const mark = row === undefined ? unknown.get(product) : standings.mark(row);
        if (mark !== marks[i]) changed.push(i);
      }
      return changed;
    },
    write: (entries) =>
      write(entries.map(({ product, fields, mark }) => ({ product, fields: { ...fields, [markField]: mark } }))),
    async end() {
      let gone: string[] = [];
      let removed = 0;
      for (const product of missing()) {
        if (product === undefined) await turn();
        else if (gone.push(product) === pageSize) {
          await takeOff(gone);
          removed += gone.length;
          gone = [];
        }
      }
      if (gone.length > 0) await takeOff(gone);
      return removed + gone.length;
    },
  };
}
