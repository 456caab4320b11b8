/** Takes model files apart and puts them together again under a correct checksum, as only a forger would. */
import { createHasher } from '../../src/model/file/checksum.ts';
import { checksumLength, opening } from '../../src/model/file/layout.ts';

export interface Header {
  __metadata__: Record<string, string>;
  [tensor: string]: unknown;
}

/** The header of a model file, and its tensors end to end. */
export function taken(file: Uint8Array): { header: Header; data: Uint8Array } {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  return {
    header: JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))),
    data: file.subarray(8 + length),
  };
}

/** A copy of a file under a correct checksum, whatever else is wrong with it; a file without a place for one stays as it is. */
export async function withChecksum(file: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const sealed = Uint8Array.from(file);
  const at = 8 + opening.length;
  const hasPlace = sealed.length >= at + checksumLength && new TextDecoder().decode(sealed.subarray(8, at)) === opening;
  if (!hasPlace) return sealed;
  sealed.fill(0x30, at, at + checksumLength);
  const hasher = createHasher();
  await hasher.add(sealed);
  sealed.set(new TextEncoder().encode(await hasher.finish()), at);
  return sealed;
}

/** A file of any header and tensors under a correct checksum. */
export function forged(header: unknown, data: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + length + data.length).fill(0x20, 0, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  file.set(data, 8 + length);
  return withChecksum(file);
}

/** A file with some bytes of one tensor replaced, under a correct checksum. */
export function withTensor(file: Uint8Array, tensor: string, values: ArrayBufferView, at = 0) {
  const { header, data } = taken(file);
  const [begin] = (header[tensor] as { data_offsets: [number, number] }).data_offsets;
  const changed = Uint8Array.from(file);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  changed.set(bytes, file.length - data.length + begin + at);
  return withChecksum(changed);
}

/** A file with other metadata, whose values are texts, under a correct checksum. */
export function withMetadata(file: Uint8Array, texts: Readonly<Record<string, string>>) {
  const { header, data } = taken(file);
  return forged({ ...header, __metadata__: { ...header.__metadata__, ...texts } }, data);
}

/** What a file says of tensors, and their bytes, by name. */
export type Tensors = Record<string, { dtype: string; shape: readonly number[]; bytes: Uint8Array }>;

/** A file with some tensors replaced or added, whatever their length, under a correct checksum. */
export function withTensors(file: Uint8Array, changes: Tensors): Promise<Uint8Array<ArrayBuffer>> {
  const { header, data } = taken(file);
  const { __metadata__, ...entries } = header;
  const tensors: Tensors = {};
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    tensors[name] = { dtype, shape, bytes: data.subarray(...data_offsets) };
  }
  const forgedHeader: Header = { __metadata__ };
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, { bytes, ...tensor }] of Object.entries({ ...tensors, ...changes })) {
    forgedHeader[name] = { ...tensor, data_offsets: [end, end + bytes.length] };
    parts.push(bytes);
    end += bytes.length;
  }
  return forged(forgedHeader, Buffer.concat(parts));
}
