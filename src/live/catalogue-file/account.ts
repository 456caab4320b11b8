import { show } from '../../orders/cleaning/cells.ts';
import { number } from '../../wording.ts';

/** What was wrong with a line of a product file. Without a product it is left out; otherwise, only the cell is. */
export type CatalogueFault =
  | 'missing product'
  /** An object, text with half a character or more than 500 characters, or a number that has lost its last digits. */
  | 'unreadable product'
  | 'malformed row'
  /** The names of the columns again, as in files that were joined end to end. */
  | 'repeated header'
  | 'unreadable price'
  | 'unreadable stock'
  | 'unreadable availability'
  | 'unreadable name'
  | 'unreadable category'
  | 'unreadable url'
  | 'unreadable image url'
  | 'unreadable attribute';

/** Lines with one fault, and the first five of them. Lines count from 1, with the header. */
interface FaultyLines {
  records: number;
  examples: { line: number; value: string }[];
}

export type CatalogueFaults = Partial<Record<CatalogueFault, FaultyLines>>;

/** What was understood of a product file. */
export interface CatalogueAccount {
  readonly file: string;
  /** The shop platform whose export it is, if it is recognized. */
  readonly platform?: string;
  /** What the columns are, by role: the names of the columns. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** Lines, without the header. */
  readonly records: number;
  /** Products, of which several lines may say something. */
  readonly products: number;
  /** Those that the model knows. */
  readonly known: number;
  /** Those of them that can be bought. */
  readonly listed: number;
  readonly faults: CatalogueFaults;
}

const maxExamples = 5;
const maxLength = 80;

export function addFault(faults: CatalogueFaults, fault: CatalogueFault, line: number, cell: unknown): void {
  faults[fault] ??= { records: 0, examples: [] };
  const counted = faults[fault];
  counted.records++;
  if (counted.examples.length === maxExamples) return;
  const text = show(cell);
  counted.examples.push({
    line,
    value: text.length > maxLength ? `${text.slice(0, maxLength)}...` : ` ${text}`.slice(1),
  });
}

/** What to do if the model knows hardly any of the products; undefined if it does. Most of what a shop sells was sold before. */
export function adviceOnIds({ known, products }: Pick<CatalogueAccount, 'known' | 'products'>): string | undefined {
  if (known * 10 >= products) return undefined;
  return 'The model knows few of them: the ids must be written as the orders have them, with their leading zeros.';
}

/** Lines for a terminal, the most frequent fault first, such as `  2  unreadable price: lines 97 ("on request"), 323 ("?")`. */
export function describeFaults(faults: CatalogueFaults): string[] {
  const sorted = Object.entries(faults).sort((a, b) => b[1].records - a[1].records);
  const width = number(sorted[0]?.[1].records ?? 0).length;
  return sorted.map(([fault, { records, examples }]) => {
    const places = examples.map(({ line, value }) =>
      /\S/.test(value) ? `${number(line)} (${JSON.stringify(value)})` : number(line),
    );
    const more = records > places.length ? ', ...' : '';
    return `  ${number(records).padStart(width)}  ${fault}: ${records > 1 ? 'lines' : 'line'} ${places.join(', ')}${more}`;
  });
}
