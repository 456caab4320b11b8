/** What a look at a binary tells before the system maps it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** How the binaries of each system begin, as a number whose first byte comes first. Those of macOS may be for several processors. */
const formats: readonly { platform: NodeJS.Platform; magic: number; bytes: number; of: string }[] = [
  { platform: 'linux', magic: 0x7f454c46, bytes: 4, of: 'Linux' },
  { platform: 'win32', magic: 0x4d5a, bytes: 2, of: 'Windows' },
  { platform: 'darwin', magic: 0xcffaedfe, bytes: 4, of: 'macOS' },
  { platform: 'darwin', magic: 0xcafebabe, bytes: 4, of: 'macOS' },
];
/** The number of a processor in ELF. */
const processors: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' };

/**
 * Why a binary can't be loaded here; undefined if nothing is seen. Of one for another processor, Linux says that there is no such
 * file; and one that was cut off it maps as if it were whole, and then ends the process when a missing byte is read.
 */
export function problemOfBinary(path: string): string | undefined {
  if (!formats.some(({ platform }) => platform === process.platform)) return undefined;
  const head = Buffer.alloc(64);
  const file = openSync(path, 'r');
  let size: number;
  try {
    readSync(file, head);
    ({ size } = fstatSync(file));
  } finally {
    closeSync(file);
  }
  const format = formats.find(({ magic, bytes }) => head.readUIntBE(0, bytes) === magic);
  if (!format) return 'it is no binary; install endcap again';
  if (format.platform !== process.platform) return `it is a binary for ${format.of}`;
  return format.platform === 'linux' ? problemOfElf(head, size) : undefined;
}

/** 64 bits, and the lowest byte of a number first, as on all processors for which there are binaries. */
function problemOfElf(head: Buffer, size: number): string | undefined {
  if (head.readUInt16BE(4) !== 0x0201) return undefined;
  const processor = processors[head.readUInt16LE(18)];
  if (processor !== undefined && processor !== process.arch)
    return `it is a binary for ${processor}, and this is ${process.arch}`;
  // The table of sections is the last thing in the file.
  const end = Number(head.readBigUInt64LE(40)) + head.readUInt16LE(58) * head.readUInt16LE(60);
  return size < Math.max(64, end) ? `it is cut off after ${size} of ${end} bytes; install endcap again` : undefined;
}
