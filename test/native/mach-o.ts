import { createHash } from 'node:crypto';
import type { Binary } from './binary.ts';

const machines: Record<number, string> = { 16777223: 'x64', 16777228: 'arm64' };
const [symbolTable, dynamicSymbols, loadLibrary, codeSignature] = [0x2, 0xb, 0xc, 0x1d];

/** What the loader of macOS reads of a library. */
export function readMachO(file: Buffer): Binary {
  const commands: { type: number; at: number }[] = [];
  for (let at = 32; commands.length < file.readUInt32LE(16); at += file.readUInt32LE(at + 4))
    commands.push({ type: file.readUInt32LE(at), at });
  const find = (wanted: number) => commands.find(({ type }) => type === wanted)?.at;
  const text = (offset: number) => file.toString('latin1', offset, file.indexOf(0, offset));

  const symbols = find(symbolTable)!;
  const dynamic = find(dynamicSymbols)!;
  /** Names in a part of the table of symbols, whose first number and count are at `place`, without the underscore of C. */
  const names = (place: number) => {
    const first = file.readUInt32LE(symbols + 8) + 16 * file.readUInt32LE(dynamic + place);
    return Array.from({ length: file.readUInt32LE(dynamic + place + 4) }, (_, i) =>
      text(file.readUInt32LE(symbols + 16) + file.readUInt32LE(first + 16 * i)).replace(/^_/, ''),
    );
  };
  return {
    format: 'Mach-O',
    machine: machines[file.readUInt32LE(4)],
    libraries: commands
      .filter(({ type }) => type === loadLibrary)
      .map(({ at }) => text(at + file.readUInt32LE(at + 8))),
    exports: names(16),
    imports: names(24),
    signature: problemOfSignature(file, find(codeSignature)),
  };
}

/** Compares the hashes in a signature, which are of pages of the file, with the pages. */
function problemOfSignature(file: Buffer, command: number | undefined): string {
  if (command === undefined) return 'there is none';
  const offset = file.readUInt32LE(command + 8);
  if (file.readUInt32BE(offset) !== 0xfade0cc0) return 'it is no signature';
  const index = Array.from({ length: file.readUInt32BE(offset + 8) }, (_, i) => offset + 12 + 8 * i);
  const entry = index.find((at) => file.readUInt32BE(at) === 0);
  if (entry === undefined) return 'it has no hashes';
  const directory = offset + file.readUInt32BE(entry + 4);
  const hashes = directory + file.readUInt32BE(directory + 16);
  const [pages, end] = [file.readUInt32BE(directory + 28), file.readUInt32BE(directory + 32)];
  const [hashSize, hashType, pageSize] = [36, 37, 39].map((place) => file[directory + place]);
  if (hashType !== 2) return `its hashes are of type ${hashType}, not SHA-256`;
  if (end !== offset || pages !== Math.ceil(end / 2 ** pageSize)) return 'it does not cover the file';
  for (let page = 0; page < pages; page++) {
    const bytes = file.subarray(page * 2 ** pageSize, Math.min(end, (page + 1) * 2 ** pageSize));
    const hash = file.subarray(hashes + page * hashSize, hashes + (page + 1) * hashSize);
    if (!createHash('sha256').update(bytes).digest().equals(hash)) return `page ${page} has another hash`;
  }
  return '';
}
