/** Arrays as numpy saves them. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface NpyOptions {
  descr?: string;
  isFortran?: boolean;
  /** Instead of the right one. */
  header?: string;
}

/** Rows, or a lone number. */
export function npy(rows: readonly (readonly number[])[] | number, options: NpyOptions = {}): Uint8Array {
  const { descr = '<f4', isFortran = false } = options;
  const shape = typeof rows === 'number' ? '()' : `(${rows.length}, ${rows[0].length})`;
  const order = isFortran ? 'True' : 'False';
  const header = options.header ?? `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const text = `${header.padEnd(117)}\n`;
  const values =
    typeof rows === 'number'
      ? [rows]
      : isFortran
        ? rows[0].flatMap((_, column) => rows.map((row) => row[column]))
        : rows.flat();
  const [kind, width] = [descr[1], Number(descr[2] ?? 4)];
  const data = new DataView(new ArrayBuffer(values.length * width));
  const isLittle = descr[0] !== '>';
  for (const [i, value] of values.entries()) {
    if (kind === 'i' && width === 8) data.setBigInt64(8 * i, BigInt(value), isLittle);
    else if (width === 8) data.setFloat64(8 * i, value, isLittle);
    else if (width === 4) data.setFloat32(4 * i, value, isLittle);
  }
  const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return new Uint8Array(Buffer.concat([magic, length, Buffer.from(text, 'latin1'), new Uint8Array(data.buffer)]));
}

/** An archive of arrays by name. */
export function npz(arrays: Readonly<Record<string, Uint8Array>>, isPacked = false): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [array, bytes] of Object.entries(arrays)) {
    const name = Buffer.from(`${array}.npy`);
    const data = isPacked ? deflateRawSync(bytes) : Buffer.from(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(isPacked ? 8 : 0, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, tail, name]));
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, central, end]));
}
