/** Objects and bytes that a program gives. */
import { EndcapError } from '../../errors.ts';
import { unlessAborted } from '../json/objects.ts';
import type { Chunks } from './bytes.ts';

type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;

/** What an iterable gives: bytes, or objects, which are its own items. */
export type Given = { kind: 'bytes'; bytes: Chunks } | { kind: 'objects'; objects: AnyIterable };

/**
 * Tells bytes from objects by the first item.
 *
 * @throws `orders_unreadable` if the items are text; `aborted`.
 */
export async function givenBy(source: AnyIterable, name: string, signal: AbortSignal | undefined): Promise<Given> {
  // Its own items are numbers.
  if (isBytes(source)) return { kind: 'bytes', bytes: chunksOf([source][Symbol.iterator](), undefined, signal) };
  const items = Symbol.iterator in source ? source[Symbol.iterator]() : source[Symbol.asyncIterator]();
  const first = await unlessAborted(Promise.resolve(items.next()), signal);
  if (!first.done && typeof first.value === 'string') {
    const problem = 'are given as text; expected objects, one per order line, or bytes with their format';
    throw new EndcapError('orders_unreadable', `${name} ${problem}`, { source: name });
  }
  if (!first.done && isBytes(first.value)) return { kind: 'bytes', bytes: chunksOf(items, first, signal) };
  return {
    kind: 'objects',
    objects:
      Symbol.iterator in source
        ? again(items as Iterator<unknown>, first)
        : againAsync(items as AsyncIterator<unknown>, first),
  };
}

type Items = Iterator<unknown> | AsyncIterator<unknown>;
type Item = IteratorResult<unknown>;

function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

async function* chunksOf(items: Items, first: Item | undefined, signal: AbortSignal | undefined): Chunks {
  try {
    for (
      let item = first ?? (await items.next());
      !item.done;
      item = await unlessAborted(Promise.resolve(items.next()), signal)
    ) {
      if (!isBytes(item.value))
        throw new EndcapError('orders_unreadable', 'the orders begin as bytes and go on as something else');
      const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(item.value)
        ? item.value
        : new Uint8Array(item.value);
      yield new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
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
