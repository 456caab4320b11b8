/** What the main thread and a worker tell each other of connections: all of one turn of the event loop in one message. */

/** The main thread opens a connection; either side sends bytes, ends its own, or takes bytes; either may be gone. */
export const kinds = { open: 0, bytes: 1, end: 2, taken: 3, gone: 4 } as const;
export type Kind = (typeof kinds)[keyof typeof kinds];

/** Numbers of connections, kinds, and sizes, three for each frame, and the bytes of all one after the other. */
export interface Frames {
  readonly heads: readonly number[];
  readonly bytes: ArrayBuffer;
}

/** Bytes of a connection that may be under way without an answer that they were taken: of so many, the sender waits. */
export const windowBytes = 2 ** 16;
/** Bytes that are taken before the sender is told. */
export const toldBytes = windowBytes / 4;

export interface FrameSender {
  send(connection: number, kind: Kind, size?: number): void;
  sendBytes(connection: number, kind: Kind, bytes: Uint8Array): void;
}

/** @param post its message owns its bytes, so that they can be transferred. */
export function createFrameSender(post: (frames: Frames) => void): FrameSender {
  let heads: number[] = [];
  let parts: Uint8Array[] = [];
  let size = 0;

  function flush(): void {
    const all = Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    const frames = { heads, bytes: all.buffer };
    [heads, parts, size] = [[], [], 0];
    post(frames);
  }

  function send(connection: number, kind: Kind, length = 0): void {
    if (heads.length === 0) setImmediate(flush);
    heads.push(connection, kind, length);
  }

  return {
    send,
    sendBytes(connection, kind, part) {
      send(connection, kind, part.length);
      parts.push(part);
      size += part.length;
    },
  };
}

/** @param take is called for each frame; `bytes` is empty for those without. */
export function readFrames(
  { heads, bytes }: Frames,
  take: (connection: number, kind: Kind, size: number, bytes: Buffer) => void,
): void {
  const all = Buffer.from(bytes);
  let at = 0;
  for (let i = 0; i < heads.length; i += 3) {
    const kind = heads[i + 1] as Kind;
    const length = kind === kinds.bytes || kind === kinds.open ? heads[i + 2] : 0;
    take(heads[i], kind, heads[i + 2], all.subarray(at, at + length));
    at += length;
  }
}
