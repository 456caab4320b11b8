/** What a program can give as orders, apart from paths. */
/** A `Blob`, or a `File`, which has a name. */
export interface BlobLike {
  readonly size: number;
  readonly name?: string;
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A `ReadableStream` of bytes, which not all browsers can iterate over. */
export interface StreamLike {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** What a program can give. Of an array of blobs each is a file. */
export type GivenSource =
  | Iterable<object>
  | AsyncIterable<object>
  | BlobLike
  | readonly BlobLike[]
  | StreamLike
  | ArrayBuffer
  | ArrayBufferView;

/** Whether a value may be a source; of an iterable, its first item shows more. */
export function isGivenSource(value: unknown): value is GivenSource {
  if (typeof value !== 'object' || value === null) return false;
  const isIterable = [Symbol.iterator, Symbol.asyncIterator].some(
    (key) => typeof Reflect.get(value, key) === 'function',
  );
  return isIterable || isBlob(value) || isStream(value) || isBytes(value);
}

/** The names of the files among what is given, such as those that were dropped onto a page. */
export function givenNames(source: unknown): string[] | undefined {
  const blobs = blobsOf(source);
  const names = blobs?.flatMap(({ name }) => (typeof name === 'string' && name !== '' ? [name] : [])) ?? [];
  return names.length > 0 ? names : undefined;
}

/** The files among what is given; undefined if it is something else. */
export function blobsOf(source: unknown): readonly BlobLike[] | undefined {
  if (isBlob(source)) return [source];
  return Array.isArray(source) && source.length > 0 && source.every(isBlob) ? source : undefined;
}

export function isBlob(value: unknown): value is BlobLike {
  if (typeof value !== 'object' || value === null || isBytes(value)) return false;
  const { size, slice, arrayBuffer } = value as { size?: unknown; slice?: unknown; arrayBuffer?: unknown };
  return typeof size === 'number' && typeof slice === 'function' && typeof arrayBuffer === 'function';
}

export function isStream(value: unknown): value is StreamLike {
  return typeof (value as StreamLike).getReader === 'function';
}

export function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}
