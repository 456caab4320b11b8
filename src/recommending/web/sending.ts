/** What a worker is sent: copies, which move there. */
import { kindOf } from '../../dataset/arrays.ts';
import { EndcapError } from '../../errors.ts';
import type { WebKernelOptions } from '../../kernel/web/open.ts';
import type { Model } from '../../model/model.ts';
import { invalidOption, textOf } from '../../options.ts';

/** Something to send, and the memory that moves with it. */
export interface Parcel {
  readonly given: Model | Uint8Array;
  readonly transfer: readonly object[];
}

/**
 * @param moves whether the memory of the bytes itself moves.
 * @throws `invalid_options` if it cannot; `model_unreadable` for what is no model.
 */
export function parcelOf(given: Model | Uint8Array, moves: boolean): Parcel {
  if (kindOf(given) === 'Uint8Array') {
    const bytes = moves ? (given as Uint8Array) : new Uint8Array(given as Uint8Array);
    return { given: bytes, transfer: [bytes.buffer] };
  }
  if (moves) throw invalidOption('transfer', moves, 'nothing, unless the bytes of a model file are given');
  const buffers = new Map<object, ArrayBufferView>();
  try {
    const copy = plainOf(given, buffers) as Model;
    return { given: copy, transfer: Array.from(buffers.values(), ({ buffer }) => buffer) };
  } catch (cause) {
    const reason = textOf((cause as Error)?.message);
    throw new EndcapError('model_unreadable', `the model cannot be copied: ${reason}`, { reason }, { cause });
  }
}

/**
 * Without what clones badly: arrays that are views of more, such as of a kernel's memory, of which all would be copied, memory that is
 * shared, and texts that are made when somebody asks for them.
 *
 * @param copies by array, since some stand in several places.
 */
function plainOf(value: unknown, copies: Map<object, ArrayBufferView>): unknown {
  if (ArrayBuffer.isView(value)) {
    const copy = copies.get(value) ?? (value as Uint32Array).slice();
    copies.set(value, copy);
    return copy;
  }
  if (Array.isArray(value)) return Array.from(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainOf(part, copies)]));
}

/** The options with an absolute address: one that is relative is meant from the page, not from the worker's file. */
export function sendableOptions({ url, ...options }: WebKernelOptions): WebKernelOptions {
  const { document, location } = globalThis as { document?: { baseURI: string }; location?: { href: string } };
  const base = document?.baseURI ?? location?.href;
  if (url instanceof URL) return { ...options, url: url.href };
  const isRelative = typeof url === 'string' && url !== '' && base !== undefined && URL.canParse(url, base);
  return { ...options, url: isRelative ? new URL(url, base).href : url };
}
