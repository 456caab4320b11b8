/** A model file taken apart, so that any part of it can be spoiled and the whole sealed again. */
import { createHash } from 'node:crypto';

export interface Draft {
  /** Values should be texts. */
  metadata: Record<string, unknown>;
  tensors: DraftTensor[];
}

export interface DraftTensor {
  name: string;
  dtype: unknown;
  shape: unknown;
  bytes: Buffer;
  /** `data_offsets`; by default where the bytes are. */
  place?: unknown;
}

const checksumKey = '"checksum":"';
const checksumLength = 64;

export function draftOf(file: Uint8Array): Draft {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const start = 8 + bytes.readUInt32LE(0);
  const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', 8, start));
  const data = bytes.subarray(start);
  const tensors = Object.entries(entries).map(([name, entry]): DraftTensor => {
    const { dtype, shape, data_offsets: place } = entry as { dtype: string; shape: number[]; data_offsets: number[] };
    return { name, dtype, shape, bytes: Buffer.from(data.subarray(place[0], place[1])) };
  });
  return { metadata: { ...__metadata__ }, tensors };
}

/** The file of a draft. Its checksum is of the draft it was taken from; see `sealed`. */
export function fileOf({ metadata, tensors }: Draft): Buffer {
  let end = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes, place }) => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: place ?? [begin, end] }] as const;
  });
  const text = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const head = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  head.writeBigUInt64LE(BigInt(head.length - 8));
  text.copy(head, 8);
  return Buffer.concat([head, ...tensors.map(({ bytes }) => bytes)]);
}

/** The file with a right checksum, which only somebody who knows the format can write. */
export function sealed(file: Buffer): Buffer {
  const at = file.indexOf(checksumKey) + checksumKey.length;
  if (at < checksumKey.length || at + checksumLength > file.length) return file;
  const copy = Buffer.from(file);
  copy.fill('0', at, at + checksumLength);
  const digests: Buffer[] = [];
  for (let start = 0; start < copy.length; start += 2 ** 20)
    digests.push(
      createHash('sha256')
        .update(copy.subarray(start, start + 2 ** 20))
        .digest(),
    );
  copy.write(createHash('sha256').update(Buffer.concat(digests)).digest('hex'), at);
  return copy;
}
