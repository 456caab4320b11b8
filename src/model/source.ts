import { kindOf, plainView } from '../dataset/arrays.ts';
import { EndcapError } from '../errors.ts';
import type { Fail, ModelBytes } from './file/layout.ts';

/**
 * A source of bytes whose errors are typed, from what a caller gave, which may be anything.
 *
 * @throws `invalid_options` if it is neither bytes nor a source of bytes.
 */
export function sourceOf(given: Uint8Array | ModelBytes, fail: Fail): ModelBytes {
  const kind = kindOf(given);
  if (kind === 'Uint8Array') return inMemory(plainView(given as Uint8Array, Uint8Array));
  const { size, read } = kind === 'object' ? (given as ModelBytes) : {};
  if (!Number.isSafeInteger(size) || size! < 0 || typeof read !== 'function') {
    const is = kind === 'object' ? 'an object with other fields' : kind;
    const expected = 'a Uint8Array, or an object with a size in bytes and a function read';
    throw new EndcapError('invalid_options', `source: ${is} cannot be used; expected ${expected}`, {
      option: 'source',
    });
  }
  return {
    size: size!,
    async read(into, at) {
      const { length } = into;
      try {
        await read.call(given, into, at);
      } catch (cause) {
        if (cause instanceof EndcapError) throw cause;
        fail('io', `cannot be read: ${cause instanceof Error ? cause.message : 'its source failed'}`, { cause });
      }
      if (into.length !== length) fail('io', 'cannot be read: its source took away the memory to read into');
    },
  };
}

function inMemory(all: Uint8Array): ModelBytes {
  return { size: all.length, read: async (into, at) => into.set(all.subarray(at, at + into.length)) };
}
