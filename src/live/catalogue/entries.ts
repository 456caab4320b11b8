import { createPauses, inTurns, type Pace } from '../../turns.ts';
import { markField } from '../catalogue-file/standing.ts';
import type { CatalogueEntry, ShopStore, StoredEntry } from '../store/store.ts';
import type { CatalogueFields } from './catalogue.ts';

/** What there is to know of an entry; it may change at any time. */
export type Entry = Pick<StoredEntry, 'product' | 'fields' | 'addedAt'>;

/** A catalogue by the rows of one model, which hears of all that is said. */
export interface EntriesReader {
  /** Takes what is said of a product now. It may be the same as before. */
  apply(entry: Entry): void;
  /** A product file was read: from now on, what it does not have is not listed. May be called again. */
  govern(): Promise<void>;
}

/** What the shop says of its products, whatever model is served: read once, and kept in memory. */
export interface CatalogueEntries {
  /** Undefined if the shop says nothing of the product. */
  entryOf(product: string): Entry | undefined;
  fieldsOf(product: string): CatalogueFields | undefined;
  /** Characters of all that is said, and of what is said of a product. */
  characters(): number;
  charactersOf(product: string): number;
  /** Writes entries, or changes fields of them. Every reader has them when it resolves. @throws what the store throws. */
  write(entries: readonly CatalogueEntry[], isPatch: boolean): Promise<void>;
  /** Reads what is new in the store. */
  follow(): Promise<void>;
  /** Runs the reading of a product file; what the file does not have is not listed from the end of it on. */
  whileLoading<T>(load: () => Promise<T>): Promise<T>;
  /** Tells a reader what there is, a little at a time, and from now on what is new. */
  attach(reader: EntriesReader, pace?: Pace): Promise<void>;
  detach(reader: EntriesReader): void;
  /** Takes what the entries of another thread, which has the store, say to it as to a reader. */
  readonly told: EntriesReader;
}

/** Entries that are read at a time: with as many attributes as they may have, some milliseconds of work. */
const pageSize = 200;

/** @param store where they are kept; in memory if undefined. */
export function createCatalogueEntries(store: ShopStore | undefined): CatalogueEntries {
  /** When a product was first said, and its fields, as JSON: objects would take several times the memory. */
  const said = new Map<string, string>();
  const readers = new Set<EntriesReader>();
  let characters = 0;
  let read = 0;
  let following: Promise<void> = Promise.resolve();
  let hasMarks = false;
  let isLoading = false;
  /** Whether a product file was read to its end, here or by another server. */
  let isGoverned = false;

  const charactersOf = (product: string) => said.get(product)?.length ?? 0;

  function entryOf(product: string): Entry | undefined {
    const json = said.get(product);
    if (json === undefined) return undefined;
    const [addedAt, fields] = JSON.parse(json) as [number, Entry['fields']];
    return { product, addedAt, fields };
  }

  function apply({ product, fields, addedAt }: Entry): void {
    const json = JSON.stringify([addedAt, fields]);
    characters += json.length - charactersOf(product);
    said.set(product, json);
    if (fields[markField] !== undefined) hasMarks = true;
    for (const reader of readers) reader.apply({ product, fields, addedAt });
  }

  async function govern(): Promise<void> {
    if (!hasMarks || isLoading) return;
    isGoverned = true;
    for (const reader of readers) await reader.govern();
  }

  async function readOn(): Promise<void> {
    const pause = createPauses();
    for (;;) {
      const entries = await store!.productsAfter(read, pageSize);
      for (const entry of entries) {
        apply(entry);
        await pause();
      }
      read = entries.at(-1)?.seq ?? read;
      if (entries.length < pageSize) return govern();
    }
  }

  function follow(): Promise<void> {
    if (!store) return Promise.resolve();
    const next = following.then(readOn);
    following = next.catch(() => {});
    return next;
  }

  async function keep(entries: readonly CatalogueEntry[], isPatch: boolean): Promise<void> {
    const now = Date.now();
    const pause = createPauses();
    for (const { product, fields } of entries) {
      const known = entryOf(product);
      const merged: Record<string, unknown> = { ...(isPatch && known?.fields), ...fields };
      for (const [name, value] of Object.entries(merged)) if (value === null) delete merged[name];
      apply({ product, fields: merged, addedAt: known?.addedAt ?? now });
      await pause();
    }
  }

  /** What is said meanwhile is told at once, and may be told again here: as it is then. */
  function* tell(reader: EntriesReader): Generator<undefined, void> {
    for (const product of said.keys()) {
      reader.apply(entryOf(product)!);
      yield;
    }
  }

  return {
    entryOf,
    fieldsOf: (product) => entryOf(product)?.fields as CatalogueFields | undefined,
    characters: () => characters,
    charactersOf,
    async write(entries, isPatch) {
      if (store) {
        await (isPatch ? store.patchProducts(entries) : store.putProducts(entries));
        // What the store has is read again, since others may have written at the same time.
        await follow();
      } else await keep(entries, isPatch);
    },
    follow,
    async whileLoading(load) {
      // Other servers may have read the file meanwhile.
      await follow();
      isLoading = true;
      try {
        const result = await load();
        hasMarks = true;
        return result;
      } finally {
        isLoading = false;
        await govern();
      }
    },
    async attach(reader, pace) {
      readers.add(reader);
      await inTurns(tell(reader), pace);
      if (isGoverned) await reader.govern();
    },
    detach: (reader) => void readers.delete(reader),
    told: {
      apply,
      govern() {
        hasMarks = true;
        return govern();
      },
    },
  };
}
