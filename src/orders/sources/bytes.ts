/** The bytes of files, pipes, and stdin. */
import { constants, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { abortedBy, EndcapError, unreadable, whenAborted } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { blockBytes } from '../csv/text.ts';
import { withoutSecrets } from '../databases/address.ts';
import { httpName, isHttp } from '../http/address.ts';
import type { ReadOptions } from '../options.ts';
import { type Chunks, type Gunzip, gathered } from './chunks.ts';
import type { Input } from './inputs.ts';
import type { Stored } from './stored.ts';

/** Files elsewhere that are asked at the same time whether they are there. */
const asked = 8;

/** What inputs hold, in their order. */
export async function storedAtAll(
  inputs: readonly Input[],
  options: Pick<ReadOptions, 'signal' | 'idleTimeoutMs'>,
): Promise<Stored[]> {
  const all: Stored[] = [];
  for (let at = 0; at < inputs.length; at += asked)
    all.push(...(await Promise.all(inputs.slice(at, at + asked).map((input) => storedAt(input, options)))));
  return all;
}

async function storedAt(input: Input, options: Pick<ReadOptions, 'signal' | 'idleTimeoutMs'>): Promise<Stored> {
  const { path, kind, size, parts } = input;
  if (kind === 'http') {
    // Few sources are elsewhere.
    const { storedOverHttp } = await import('../http/file.ts');
    return storedOverHttp(path, options);
  }
  return {
    name: nameOf(path),
    size,
    parts,
    ...(kind === 'file' && { path, slice: (from: number, to: number) => sliceOf(path, from, to) }),
    bytes: (report) => bytesOf(input, options.signal, report),
  };
}

/** The bytes of an input; reports the number of bytes read so far. */
async function* bytesOf(
  { path, kind }: Input,
  signal: AbortSignal | undefined,
  report: (bytes: number) => void,
): Chunks {
  const name = nameOf(path);
  try {
    if (kind === 'stdin') {
      if (process.stdin.isTTY) throw unreadable(name, 'is a terminal; expected orders from a file or another program');
      yield* gathered(readStream(process.stdin, signal, report));
    } else if (kind === 'pipe' && process.platform === 'linux') yield* gathered(readPipe(path, signal, report));
    else yield* readPlain(path, report);
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    throw unreadable(name, `cannot be read: ${(error as Error).message}`, error);
  }
}

/** What messages call an input. */
export function nameOf(path: string): string {
  if (path === '-') return 'stdin';
  return isHttp(path) ? httpName(path) : withoutSecrets(path);
}

/** The bytes of a file from one place to another, or to its end. @throws `orders_unreadable` if it cannot be read. */
async function sliceOf(path: string, from: number, to: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, `cannot be read: ${whyNot(error)}`, error);
  }
}

export const gunzip: Gunzip = (chunks) =>
  pipeline(Readable.from(chunks), createGunzip({ chunkSize: blockBytes }), () => {});

/** The file's bytes; every chunk is in the same memory. */
async function* readPlain(path: string, report: (bytes: number) => void): Chunks {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafeSlow(blockBytes);
    for (let total = 0; ; ) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return;
      total += bytesRead;
      report(total);
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a named pipe. Nobody may ever write into it, and nothing ends a thread that waits for that, not even the
 * end of the process; a socket can be destroyed.
 */
function readPipe(path: string, signal: AbortSignal | undefined, report: (bytes: number) => void): Chunks {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return readStream(new Socket({ fd, writable: false }), signal, report);
}

/** The bytes of a stream, which the signal destroys. */
async function* readStream(stream: Readable, signal: AbortSignal | undefined, report: (bytes: number) => void): Chunks {
  const forget = whenAborted(signal, () => stream.destroy(abortedBy(signal)));
  let total = 0;
  try {
    for await (const chunk of stream) {
      total += chunk.length;
      report(total);
      yield chunk;
    }
  } finally {
    forget();
  }
}
