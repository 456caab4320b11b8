/** Orders that a program gives: objects, bytes, or files of a browser. */
import { EndcapError, unreadable } from '../../errors.ts';
import { blockBytes } from '../csv/text.ts';
import { type BlobLike, blobsOf, type GivenSource, isBytes, isStream, type StreamLike } from '../given-sources.ts';
import { unlessAborted } from '../json/objects.ts';
import type { Format } from '../options.ts';
import { type Chunks, gathered } from './chunks.ts';
import type { Queried, Stored } from './stored.ts';

type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;
type Items = Iterator<unknown> | AsyncIterator<unknown>;
type Item = IteratorResult<unknown>;

/** What was given: objects, one for each record, or what is stored as bytes or in a database. */
export type Given =
  | { readonly kind: 'objects'; readonly objects: Iterable<object> | AsyncIterable<object> }
  | { readonly kind: 'stored'; readonly stored: readonly (Stored | Queried)[] };

/**
 * Tells bytes from objects, of an iterable by its first item.
 *
 * @param name what messages call the orders; each file has its own.
 * @throws `orders_unreadable` if the items are text, or bytes whose format is not known; `aborted`.
 */
export async function openGiven(
  source: GivenSource,
  name: string,
  format: Format | 'auto' = 'auto',
  signal?: AbortSignal,
): Promise<Given> {
  const blobs = blobsOf(source);
  if (blobs) {
    if (format === 'auto' && !blobs.every((blob) => blob.name)) throw withoutFormat(name);
    return { kind: 'stored', stored: blobs.map((blob) => ({ name: blob.name || name, ...storedIn(blob) })) };
  }
  if (isBytes(source)) {
    if (format === 'auto') throw withoutFormat(name);
    return { kind: 'stored', stored: [{ name, ...storedIn(blobOf(source)) }] };
  }
  // Some streams are both, and to iterate over them ends them as well.
  const items = itemsOf(source as AnyIterable | StreamLike);
  const first = await unlessAborted(Promise.resolve(items.next()), signal);
  if (!first.done && typeof first.value === 'string') {
    const problem = 'are given as text; expected objects, one per order line, or bytes with their format';
    throw new EndcapError('orders_unreadable', `${name} ${problem}`, { source: name });
  }
  if (!first.done && isBytes(first.value)) {
    if (format === 'auto') {
      void endOf(items).catch(() => {});
      throw withoutFormat(name);
    }
    const chunks = chunksOf(items, first, signal);
    return { kind: 'stored', stored: [{ name, size: 0, bytes: () => gathered(chunks) }] };
  }
  return {
    kind: 'objects',
    objects: (Symbol.iterator in source
      ? again(items as Iterator<unknown>, first)
      : againAsync(items as AsyncIterator<unknown>, first)) as Iterable<object> | AsyncIterable<object>,
  };
}

function withoutFormat(name: string): EndcapError {
  return unreadable(name, "are given as bytes; say what they are with format: 'csv', 'tsv', 'json', or 'jsonl'");
}

function storedIn(blob: BlobLike): Pick<Stored, 'size' | 'slice' | 'bytes'> {
  const slice = async (from: number, to: number) => new Uint8Array(await blob.slice(from, to).arrayBuffer());
  return {
    size: blob.size,
    slice,
    async *bytes(report) {
      for (let at = 0; at < blob.size; at += blockBytes) {
        const chunk = await slice(at, at + blockBytes);
        report(at + chunk.length);
        yield chunk;
      }
    },
  };
}

/** Bytes in memory as a file of them. */
function blobOf(bytes: ArrayBuffer | ArrayBufferView): BlobLike {
  const all = viewOf(bytes);
  return {
    size: all.length,
    slice: (from, to) => ({ arrayBuffer: async () => new Uint8Array(all.subarray(from, to)).buffer }),
  };
}

function viewOf(bytes: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(bytes)) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function itemsOf(source: AnyIterable | StreamLike): Items {
  if (isStream(source)) {
    const reader = source.getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        return done ? { done, value: undefined } : { done: false, value };
      },
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  }
  return Symbol.iterator in source ? source[Symbol.iterator]() : source[Symbol.asyncIterator]();
}

async function* chunksOf(items: Items, first: Item, signal: AbortSignal | undefined): Chunks {
  try {
    for (let item = first; !item.done; item = await unlessAborted(Promise.resolve(items.next()), signal)) {
      if (!isBytes(item.value))
        throw new EndcapError('orders_unreadable', 'the orders begin as bytes and go on as something else');
      yield viewOf(item.value);
    }
  } finally {
    // Not waited for: an iterator that is asked for its next item answers only after that.
    void endOf(items).catch(() => {});
  }
}

async function endOf(items: Items): Promise<void> {
  await items.return?.();
}

function again(items: Iterator<unknown>, first: Item): Iterable<unknown> {
  let held: Item | undefined = first;
  const next = (): Item => {
    const item = held ?? items.next();
    held = undefined;
    return item;
  };
  return { [Symbol.iterator]: () => ({ next, return: () => items.return?.() ?? { done: true, value: undefined } }) };
}

function againAsync(items: AsyncIterator<unknown>, first: Item): AsyncIterable<unknown> {
  let held: Item | undefined = first;
  const next = async (): Promise<Item> => {
    const item = held;
    held = undefined;
    return item ?? items.next();
  };
  const end = async (): Promise<Item> => (await items.return?.()) ?? { done: true, value: undefined };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}
