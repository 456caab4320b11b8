/** Files that only the thread with the event loop can read: their bytes come to a reading thread through shared memory. */
import type { OpenFile } from './file.ts';

/** Bytes that are asked for at once, at most. */
const maxRange = 8 << 20;
/** A file of fewer bytes is asked for as a whole: its columns are small, and looked at before they are read. */
const smallFile = 4 << 20;
/** How many ranges have been given; the bytes of the last one follow. */
const header = 4;

/** Memory for one thread that reads a file of so many bytes. */
export function sharedFor(size: number): SharedArrayBuffer {
  return new SharedArrayBuffer(header + Math.min(size, maxRange));
}

/** A file on the thread that reads it. @param ask asks the other thread for a range. */
export function askedFor(
  { size, shared }: { size: number; shared: SharedArrayBuffer },
  ask: (from: number, to: number) => void,
): OpenFile {
  const given = new Int32Array(shared, 0, 1);
  const content = new Uint8Array(shared, header);
  const fetched = (from: number, to: number) => {
    const before = Atomics.load(given, 0);
    ask(from, to);
    Atomics.wait(given, 0, before);
    return content.subarray(0, to - from);
  };
  let whole: Uint8Array | undefined;
  return {
    size,
    ahead: maxRange,
    read(bytes, at, length, from) {
      const to = Math.min(from + length, from + content.length);
      if (size < smallFile) whole ??= fetched(0, size).slice();
      bytes.set(whole?.subarray(from, to) ?? fetched(from, to), at);
      return to - from;
    },
  };
}

/** Gives a thread what it has asked for. */
export function giveRange(shared: SharedArrayBuffer, bytes: Uint8Array): void {
  new Uint8Array(shared, header).set(bytes);
  const given = new Int32Array(shared, 0, 1);
  Atomics.add(given, 0, 1);
  Atomics.notify(given, 0);
}
