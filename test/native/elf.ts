import type { Binary } from './binary.ts';

const machines: Record<number, string> = { 62: 'x64', 183: 'arm64' };

/** What the dynamic linker of Linux reads of a library. */
export function readElf(file: Buffer): Binary {
  const at = (offset: bigint) => Number(offset);
  const segments = Array.from({ length: file.readUInt16LE(56) }, (_, i) => {
    const header = at(file.readBigUInt64LE(32)) + 56 * i;
    const [offset, address] = [file.readBigUInt64LE(header + 8), file.readBigUInt64LE(header + 16)];
    return { type: file.readUInt32LE(header), offset, address, size: file.readBigUInt64LE(header + 32) };
  });
  const toOffset = (address: bigint) => {
    const segment = segments.find(
      ({ type, address: start, size }) => type === 1 && address >= start && address < start + size,
    )!;
    return at(address - segment.address + segment.offset);
  };
  const text = (offset: number) => file.toString('latin1', offset, file.indexOf(0, offset));

  const dynamic = segments.find(({ type }) => type === 2)!;
  const entries: [tag: number, value: bigint][] = [];
  for (let entry = at(dynamic.offset); file.readBigUInt64LE(entry) !== 0n; entry += 16)
    entries.push([Number(file.readBigUInt64LE(entry)), file.readBigUInt64LE(entry + 8)]);
  const entryOf = (wanted: number) => entries.find(([tag]) => tag === wanted)?.[1];
  const strings = toOffset(entryOf(5)!);
  const symbols = toOffset(entryOf(6)!);
  const count = file.readUInt32LE(toOffset(entryOf(4)!) + 4);

  const imports: string[] = [];
  const exports: string[] = [];
  for (let symbol = symbols + 24; symbol < symbols + 24 * count; symbol += 24) {
    const isDefined = file.readUInt16LE(symbol + 6) !== 0;
    (isDefined ? exports : imports).push(text(strings + file.readUInt32LE(symbol)));
  }
  return {
    format: 'ELF',
    machine: machines[file.readUInt16LE(18)],
    libraries: entries.filter(([tag]) => tag === 1).map(([, offset]) => text(strings + at(offset))),
    imports,
    exports,
    // DT_VERNEED: versions of symbols, such as GLIBC_2.34, below which it does not load.
    needsVersions: entryOf(0x6ffffffe) !== undefined,
  };
}
