/** Reads a product file into what the catalogue has of each product. */
import { stat } from 'node:fs/promises';
import { EndcapError } from '../../errors.ts';
import { hashText } from '../../hash.ts';
import { isBlank, ownCopy } from '../../orders/cleaning/cells.ts';
import { planOf } from '../../orders/joins/joined-table.ts';
import type { Look } from '../../orders/look.ts';
import { readTables, sourceName } from '../../orders/sources/read.ts';
import type { TableSink } from '../../orders/table.ts';
import { addFault, type CatalogueAccount, type CatalogueFaults } from './account.ts';
import { createCarrier } from './carry.ts';
import { availabilityIn } from './columns/availability.ts';
import { type CatalogueColumns, findColumns } from './columns/columns.ts';
import { createIdColumns, idIn, type KnownProducts } from './columns/ids.ts';
import { createFieldReader, type FileFields, merged } from './records.ts';

/** What a file says about a product. */
export interface FileEntry {
  readonly product: string;
  readonly fields: FileFields;
  /** Differs if the fields do; above 0, and a whole number that JSON keeps. */
  readonly mark: number;
}

export interface CatalogueFile {
  readonly entries: readonly FileEntry[];
  readonly account: CatalogueAccount;
}

/** Products of a file; V8 allows a Map 2^24 entries. */
const maxProducts = 2 ** 24 - 1;

/**
 * Reads a file twice: to see which of its columns has the ids of the model's products, and then what it says of each.
 *
 * @throws `catalogue_unreadable` if it is missing, of an unknown format, broken, or has no column with ids that the model has.
 */
export async function readCatalogueFile(file: string, known: KnownProducts): Promise<CatalogueFile> {
  const before = await stateOf(file);
  const idColumns = createIdColumns(known);
  await readRecords(file, (columns, look) => {
    const names = distinct(look.names);
    const candidates = columns.ids.map((column) => ({ column, name: names[column] }));
    return { columns: columns.ids, record: (cells) => idColumns.add(cells, candidates), malformed() {} };
  });
  const idColumn = idColumns.best(file);

  const faults: CatalogueFaults = {};
  const products = new Map<string, FileFields>();
  const said: Record<string, string[]> = { product: [idColumn] };
  let platform: string | undefined;
  let records = 0;
  await readRecords(file, (columns, look) => {
    platform ??= columns.platform?.name;
    const at = distinct(look.names).indexOf(idColumn);
    const fieldsOf = createFieldReader(columns, look, faults);
    const carry = createCarrier(columns, look.names.length);
    const roles = new Map<string, readonly number[]>(columns.of);
    if (columns.attributes.length > 0)
      roles.set(
        'attributes',
        columns.attributes.map(({ column }) => column),
      );
    for (const [role, places] of roles) if (places.length > 0) said[role] ??= places.map((place) => look.names[place]);
    return {
      columns: at === -1 ? columns.used : [...new Set([...columns.used, at])],
      record(given, line) {
        records++;
        const cells = carry(given);
        if (cells === undefined) return;
        const id = at === -1 ? '' : idIn(cells[at], known);
        if (id === undefined) return addFault(faults, 'unreadable product', line, cells[at]);
        if (id === '') return addFault(faults, 'missing product', line, '');
        if (id === look.names[at]) return addFault(faults, 'repeated header', line, id);
        const fields = fieldsOf(cells, line);
        const before = products.get(id);
        if (before !== undefined) products.set(id, merged(before, fields));
        else products.set(ownCopy(id), fields);
        if (products.size > maxProducts) throw unreadableFile(file, `has more than ${maxProducts} products`);
      },
      malformed(line, text) {
        records++;
        addFault(faults, 'malformed row', line, text);
      },
    };
  });

  if ((await stateOf(file)) !== before)
    throw unreadableFile(file, 'was changed while it was read; write a new one beside it, then rename it');

  const entries = Array.from(products, ([product, fields]) => ({ product, fields, mark: markOf(fields) }));
  const ofModel = entries.filter(({ product }) => known.ids.has(product));
  const account = {
    file,
    ...(platform !== undefined && { platform }),
    columns: said,
    records,
    products: entries.length,
    known: ofModel.length,
    listed: ofModel.filter(({ fields }) => fields.available !== false).length,
    faults,
  };
  return { entries, account };
}

/** Names of columns, of which the second that is named `sku` is `sku (2)`. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

/** Differs once a file has been written; undefined if there is none, which reading says better. */
async function stateOf(file: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}

interface RecordSink {
  /** Those that it needs; the cells of others are undefined. */
  readonly columns: readonly number[];
  record(cells: readonly unknown[], line: number): void;
  malformed(line: number, text: string): void;
}

/** Gives the records of each of a file's tables, as they are, to what `open` returns for its columns. */
async function readRecords(file: string, open: (columns: CatalogueColumns, look: Look) => RecordSink): Promise<void> {
  let taker: RecordSink | undefined;
  const sink: TableSink = {
    takesRecordsOnly: true,
    open(look) {
      taker = open(understood(look), look);
      return planOf(taker.columns);
    },
    record: (cells, line) => taker!.record(cells, line),
    malformed: (line, text) => taker?.malformed(line, text),
    drop() {},
    learn() {},
    take() {},
    dateOrder: () => undefined,
    endFile() {},
  };
  try {
    await readTables(file, sink, {}, () => 0);
  } catch (error) {
    if (!(error instanceof EndcapError) || error.code === 'catalogue_unreadable') throw error;
    throw new EndcapError('catalogue_unreadable', error.message, { file: sourceName(file) }, { cause: error });
  }
}

/** A column such as `status` may say something else than whether a product is published; its words show it. */
function understood(look: Look): CatalogueColumns {
  const columns = findColumns(look.names);
  const published = columns.of.get('published');
  if (published === undefined || columns.platform !== undefined) return columns;
  const isAbout = (column: number) => {
    const texts = look.records.map((cells) => cells[column]).filter((cell) => !isBlank(cell));
    const readable = texts.filter((cell) => availabilityIn(String(cell)) !== undefined);
    return readable.length * 2 >= texts.length;
  };
  return { ...columns, of: new Map([...columns.of, ['published', published.filter(isAbout)]]) };
}

/** 52 bits of the text of the fields. */
function markOf(fields: FileFields): number {
  const text = JSON.stringify(fields);
  return 1 + (hashText(text) & 0xfffff) * 2 ** 32 + hashText(text, 0x9747b28c);
}

function unreadableFile(file: string, problem: string): EndcapError {
  return new EndcapError('catalogue_unreadable', `${file} ${problem}`, { file });
}
