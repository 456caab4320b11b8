/** What the commands that answer one question have in common: a model, a question, and a table or JSON. */
import { excerpt } from '../../options.ts';
import { loadRecommender } from '../../recommending/create.ts';
import type { Recommender } from '../../recommending/types.ts';
import { noteFailed } from '../kernels.ts';
import { noteUnknown } from '../options/list-options.ts';
import { kernelOptions } from '../options/options.ts';
import { count, print, printJson, prose, table } from '../terminal/terminal.ts';

/** A row of the table. Columns that no row has are left out. */
interface Row {
  customer?: string;
  product?: string;
  name?: string;
  category?: string;
  orders?: number;
  lift?: number;
  score?: number;
  /** A sentence below the row. */
  why?: string;
}

interface Answer {
  /** What --json prints. */
  result: object;
  heading: string;
  rows: readonly Row[];
  /** Says what an empty list means if no filter was given. */
  empty?: string;
}

export async function answer(
  path: string,
  values: { json?: boolean; allow?: string[]; deny?: string[]; threads?: number },
  ask: (recommender: Recommender) => Promise<Answer>,
): Promise<void> {
  // One question takes less time than a second thread takes to start.
  const recommender = await loadRecommender(path, { ...kernelOptions(values), threads: values.threads ?? 1 });
  try {
    noteFailed(recommender.kernel);
    noteUnknown(recommender, values.allow, values.deny);
    const { result, rows, heading, empty } = await ask(recommender);
    if (values.json) {
      printJson({ ...result, version: recommender.model.metadata.version });
      return;
    }
    const filtered = values.allow !== undefined || values.deny !== undefined;
    print(...prose(heading), ...(rows.length > 0 || filtered || !empty ? listing(rows) : prose(empty)));
  } finally {
    await recommender.close();
  }
}

/** The id of a product that the model knows, and its name if it has one. */
export function named({ model, productRow }: Recommender, product: string): string {
  const row = productRow(product)!;
  const { name } = model.productInfo[row];
  return `${excerpt(model.products[row])}${name ? `, ${excerpt(name)}` : ''}`;
}

/** Without the product or customer row, which means nothing outside the process. */
export function withoutRow<Item extends { row: number }>({ row: _, ...item }: Item): Omit<Item, 'row'> {
  return item;
}

const columns = ['customer', 'product', 'name', 'category', 'orders', 'lift', 'score'] as const;
const numbers: readonly string[] = ['orders', 'lift', 'score'];

function listing(rows: readonly Row[]): string[] {
  if (rows.length === 0) return ['(no product passes these filters)'];
  const shown = columns.filter((column) => rows.some((row) => row[column] !== undefined));
  const whole = new Set(shown.filter((column) => rows.every((row) => Number.isInteger(row[column]))));
  const cell = (row: Row, column: (typeof columns)[number]) => {
    const value = row[column] ?? '';
    if (typeof value === 'string') return value;
    return whole.has(column) ? count(value) : value.toFixed(column === 'lift' ? 2 : 4);
  };
  const lines = rows.map((row, i) => [String(i + 1), ...shown.map((column) => cell(row, column))]);
  const right = shown.flatMap((column, i) => (numbers.includes(column) ? [i + 1] : []));
  const [header, ...listed] = table(['', ...shown], lines, [0, ...right]);
  const below = ' '.repeat(String(rows.length).length + 2);
  return [header, ...listed.flatMap((line, i) => [line, ...(rows[i].why ? prose(below + rows[i].why) : [])])];
}
