import type { Encoding } from '../options.ts';
import { type Block, carriageReturn, lineFeed } from './scan.ts';
import { decodeText } from './text.ts';

const placeCount = 8;
const maxPlaceBytes = 1 << 16;
/** The look at the beginning of a file shows all of a shorter one, or nearly all. */
const minBytes = 1 << 16;

/**
 * Text of whole lines from places spread evenly over a plain file, the last of them at its end: what only the beginning of
 * a file shows may not be true of the rest. A place where the bytes are not text in one of the usual encodings is left out.
 *
 * @param slice gives the bytes from one place to another.
 * @param size of the file in bytes.
 */
export async function readPlaces(
  slice: (from: number, to: number) => Promise<Uint8Array>,
  name: string,
  size: number,
  encoding: Encoding,
): Promise<Block[]> {
  if (size < minBytes) return [];
  const places: Block[] = [];
  const placeBytes = Math.min(maxPlaceBytes, Math.floor(size / 16));
  for (let place = 1; place <= placeCount; place++) {
    const at = Math.floor(((size - placeBytes) * place) / placeCount);
    const lines = wholeLines(await slice(at, at + placeBytes), place === placeCount);
    if (lines.length === 0 || lines.includes(0)) continue;
    for await (const block of decodeText(once(lines), encoding, name)) places.push(block);
  }
  return places;
}

/** The bytes after the first line break, and up to the last one unless they reach to the end of the file. */
function wholeLines(bytes: Uint8Array, isEnd: boolean): Uint8Array {
  const mark = bytes.includes(lineFeed) ? lineFeed : carriageReturn;
  const first = bytes.indexOf(mark);
  if (first === -1) return bytes.subarray(0, 0);
  return bytes.subarray(first + 1, isEnd ? undefined : bytes.lastIndexOf(mark) + 1);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
