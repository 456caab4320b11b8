import type { Binary } from './binary.ts';

const machines: Record<number, string> = { 34404: 'x64', 43620: 'arm64' };

/** Where the headers of a program or a library of Windows are in its file, and how its addresses become places there. */
export function layoutOf(file: Buffer) {
  const header = file.readUInt32LE(0x3c) + 4;
  const optional = header + 20;
  const sections = Array.from({ length: file.readUInt16LE(header + 2) }, (_, i) => {
    const section = optional + file.readUInt16LE(header + 16) + 40 * i;
    return {
      address: file.readUInt32LE(section + 12),
      size: file.readUInt32LE(section + 16),
      offset: file.readUInt32LE(section + 20),
    };
  });
  const toOffset = (address: number) => {
    const { address: start, offset } = sections.find(
      ({ address: start, size }) => address >= start && address < start + size,
    )!;
    return address - start + offset;
  };
  return { header, optional, toOffset };
}

/** What the loader of Windows reads of a library. */
export function readPe(file: Buffer): Binary {
  const { header, optional, toOffset } = layoutOf(file);
  const directory = (index: number) => toOffset(file.readUInt32LE(optional + 112 + 8 * index));
  const text = (address: number) => {
    const offset = toOffset(address);
    return file.toString('latin1', offset, file.indexOf(0, offset));
  };

  const exported = directory(0);
  const names = toOffset(file.readUInt32LE(exported + 32));
  const exports = Array.from({ length: file.readUInt32LE(exported + 24) }, (_, i) =>
    text(file.readUInt32LE(names + 4 * i)),
  );
  const libraries: string[] = [];
  const imports: string[] = [];
  for (let library = directory(1); file.readUInt32LE(library + 12) !== 0; library += 20) {
    libraries.push(text(file.readUInt32LE(library + 12)));
    for (let entry = toOffset(file.readUInt32LE(library)); file.readBigUInt64LE(entry) !== 0n; entry += 8)
      imports.push(text(file.readUInt32LE(entry) + 2));
  }
  return { format: 'PE', machine: machines[file.readUInt16LE(header)], libraries, imports, exports };
}
