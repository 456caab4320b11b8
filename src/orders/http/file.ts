/**
 * Files of orders over HTTP(S), such as those at presigned addresses of an object store. Where the server gives ranges, a file
 * is read from any place, and goes on where a connection breaks; otherwise it is read once, from its beginning.
 */
import { unreadable } from '../../errors.ts';
import { type Chunks, gathered, joined } from '../sources/chunks.ts';
import type { Stored } from '../sources/stored.ts';
import { httpName, httpParts, httpUrl } from './address.ts';
import { createRequests, type Fetching, Interrupted } from './requests.ts';
import { isEmptyFile, isPlain, lengthOf, sizeIn, type Version, versionOf } from './versions.ts';

/** What is seen of a file before it is read. */
const lookBytes = 4096;

/**
 * The file at an address. It must stay the same while it is read, as its ETag or else its time tells.
 *
 * @throws `orders_unreadable` if it cannot be read, `invalid_options` if the address is no URL, `aborted`.
 */
export async function storedOverHttp(source: string | URL, fetching: Fetching): Promise<Stored> {
  const name = httpName(source);
  const { ask, persistently, refuse } = createRequests(httpUrl(source), name, fetching);
  let version: Version | undefined;
  let hasRanges = false;

  async function* look(): Chunks {
    yield* ask({ range: `bytes=0-${lookBytes - 1}` }, async (response) => {
      const isEmpty = isEmptyFile(response);
      if (response.status !== 206 && response.status !== 200 && !isEmpty) await refuse(response);
      hasRanges = isEmpty || (response.status === 206 && isPlain(response));
      const size = isEmpty ? 0 : hasRanges ? sizeIn(response, 0) : lengthOf(response);
      if (size === undefined) throw unreadable(name, noRange);
      version = { size, tag: versionOf(response) };
      return hasRanges && !isEmpty;
    });
  }
  const first = await allOf(persistently(look, { isFirst: true }));
  const { size, tag } = version!;
  const parts = httpParts(source);
  if (!hasRanges) {
    const whySequential = 'the server does not give parts of it (HTTP ranges): download it, and read the file';
    return { name, size, parts, whySequential, bytes: (report) => gathered(counted(whole(), report)) };
  }
  if (first.length !== Math.min(lookBytes, size)) throw unreadable(name, noRange);
  return {
    name,
    size,
    parts,
    async slice(from, to, signal) {
      const end = Math.min(to, size);
      return end <= first.length ? first.subarray(from, end) : allOf(range(from, end, signal));
    },
    bytes: (report) => gathered(counted(range(0, size), report)),
  };

  /** All bytes, from a server that gives only all of them. */
  function whole(): Chunks {
    const take = async (response: Response) => {
      if (response.status !== 200) await refuse(response);
      if (versionOf(response) !== tag) throw changed();
      return true;
    };
    return persistently(() => ask({}, take), { isWhole: true });
  }

  function range(from: number, to: number, signal?: AbortSignal): Chunks {
    return persistently((done) => exactly(from + done, to, signal));
  }

  async function* exactly(from: number, to: number, signal: AbortSignal | undefined): Chunks {
    let left = to - from;
    if (left === 0) return;
    const headers = { range: `bytes=${from}-${to - 1}`, ...(tag.startsWith('"') && { 'if-match': tag }) };
    const take = async (response: Response) => {
      if (response.status === 412 || response.status === 416) throw changed();
      if (response.status !== 206) await refuse(response);
      const now = sizeIn(response, from);
      if (now === undefined) throw unreadable(name, noRange);
      if (now !== size || versionOf(response) !== tag) throw changed();
      return true;
    };
    for await (const chunk of ask(headers, take, signal)) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      yield part;
      if (left === 0) return;
    }
    throw new Interrupted(`the answer ended ${left} bytes too early`);
  }

  function changed() {
    return unreadable(name, 'changed while it was read; read it again');
  }
}

const noRange = 'cannot be read: the server does not give the part of it that was asked for';

async function allOf(chunks: Chunks): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return joined(parts);
}

async function* counted(chunks: Chunks, report: (bytes: number) => void): Chunks {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    report(total);
    yield chunk;
  }
}
