import { EndcapError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import { idCleaning } from '../../orders/cleaning/ids.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CatalogueAccount } from './account.ts';
import type { FileFields } from './records.ts';
import { type OpenedFile, openCatalogueFile } from './thread.ts';
import type { FileWriting } from './writing.ts';

/** What was read of a product file, and what it changed. */
export interface CatalogueReport extends CatalogueAccount {
  /** Products whose lines differ from when the file was last read: what they say is written. */
  readonly changed: number;
  /** Products that the file no longer has. */
  readonly removed: number;
  /** Products of the model that the file does not have, and that are not listed for that. */
  readonly notInFile: number;
}

export interface ReloadOptions {
  /** Takes a file that would leave fewer than half of the products that are listed; otherwise that is `catalogue_lost`. */
  acceptLoss?: boolean;
}

/** With fewer listed products, half of them may well be sold out at once. */
const leastGuarded = 20;
/** The fields that a column of each role is for. */
const fieldOf: Readonly<Record<string, keyof FileFields>> = {
  name: 'name',
  category: 'category',
  price: 'price',
  salePrice: 'price',
  url: 'url',
  image: 'imageUrl',
  brand: 'attributes',
  attributes: 'attributes',
};

/**
 * Reads a product file, and writes what changed in it since it was last read. It is the whole catalogue: products that it
 * does not have are not listed.
 *
 * @throws `catalogue_unreadable`, `catalogue_lost`: the catalogue is as it was then; what the store throws: some of the file
 *   may be written then, and the rest is when it is read again; `aborted`, likewise.
 */
export async function loadCatalogueFile(
  file: string,
  { products, metadata }: Pick<Model, 'products' | 'metadata'>,
  catalogue: Catalogue,
  { acceptLoss = false }: ReloadOptions,
  signal: AbortSignal,
): Promise<CatalogueReport> {
  const opened = await openCatalogueFile(file, products, metadata.idCleaning === idCleaning, signal);
  try {
    const { account } = opened;
    const before = catalogue.listedOfFile();
    if (!acceptLoss && before >= leastGuarded && account.listed * 2 < before) throw lost(account, before);
    const written = await catalogue.loadFile((writing) => writeFile(opened, writing));
    return { ...account, ...written, notInFile: catalogue.counts().notInFile };
  } finally {
    await opened.close();
  }
}

async function writeFile(opened: OpenedFile, writing: FileWriting): Promise<{ changed: number; removed: number }> {
  // What the file has no column for is left as others say.
  const covered = new Set(['available', ...Object.keys(opened.account.columns).flatMap((role) => fieldOf[role] ?? [])]);
  let changed = 0;
  for (;;) {
    const { products, marks } = await opened.page();
    if (products.length === 0) return { changed, removed: await writing.end() };
    const wanted = writing.changed(products, marks);
    if (wanted.length === 0) continue;
    const fields = await opened.fields(wanted);
    await writing.write(
      wanted.map((index, i) => ({
        product: products[index],
        fields: { ...blank(covered), ...fields[i] },
        mark: marks[index],
      })),
    );
    changed += wanted.length;
  }
}

function blank(covered: ReadonlySet<string>): Record<string, null> {
  return Object.fromEntries(Array.from(covered, (field) => [field, null]));
}

function lost({ file, products, known, listed }: CatalogueAccount, before: number): EndcapError {
  return new EndcapError(
    'catalogue_lost',
    `${file} would leave ${listed} of the ${before} products that it listed: it has ${products} products, of which the model ` +
      `knows ${known}, and ${listed} of these can be bought. The catalogue is as it was. If the file is right, read it with ` +
      'acceptLoss ({"accept_loss": true} over HTTP, --accept-catalogue-loss at the start)',
    { file, before, after: listed },
  );
}
