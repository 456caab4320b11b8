/** Files of orders in zip archives. */
import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from 'yauzl';
import { EndcapError, unreadable } from '../../errors.ts';
import { type Chunks, checkExpansion, collected, gathered } from './chunks.ts';
import { orderFilesAmong } from './inputs.ts';
import type { Archive, Member } from './stored.ts';

/** An archive lists its files at the end; one that lists more than this was not made of exports. */
const maxMembers = 10_000;
/** An archive that does not come from a file is held in memory, since its files are listed at its end. */
const maxHeldArchive = 2 ** 30;

/**
 * Gives the files of orders in an archive to `read`, by name.
 *
 * @throws `orders_unreadable` if the archive is damaged, encrypted, a workbook, or has no files of orders.
 */
export async function readArchive(
  { name, path, bytes }: Archive,
  read: (member: Member) => Promise<void>,
): Promise<void> {
  const options = { autoClose: false, strictFileNames: false };
  let archive: ZipFile | undefined;
  try {
    archive =
      path === undefined ? await fromBufferPromise(await held(bytes, name), options) : await openPromise(path, options);
    const entries = new Map<string, Entry>();
    for await (const entry of archive.eachEntry()) {
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
      if (entries.size > maxMembers) throw unreadable(name, `is a zip archive of more than ${maxMembers} files`);
    }
    checkIsNoWorkbook(name, [...entries.keys()]);
    const files = orderFilesAmong([...entries.keys()]);
    if (files.length === 0) {
      throw unreadable(
        name,
        'is a zip archive without files of orders; expected .csv, .tsv, .txt, .json, or .jsonl in it',
      );
    }
    // That no file unpacks to more than it says is checked while it is read.
    const unpacked = files.reduce((sum, file) => sum + entries.get(file)!.uncompressedSize, 0);
    checkExpansion(name, archive.fileSize, unpacked);
    for (const file of files) await read(memberOf(archive, entries.get(file)!, name));
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    throw damaged(name, error);
  } finally {
    archive?.close();
  }
}

async function held(bytes: Chunks, name: string): Promise<Buffer> {
  const tooLarge = () =>
    unreadable(name, `is a zip archive of more than ${maxHeldArchive >> 20} MiB; read it from a file`);
  return Buffer.from((await collected(bytes, maxHeldArchive, tooLarge)).buffer);
}

function memberOf(archive: ZipFile, entry: Entry, archiveName: string): Member {
  const { fileName, compressedSize, uncompressedSize } = entry;
  const name = `${archiveName}/${fileName}`;
  return {
    name: fileName,
    packedBytes: compressedSize,
    async *bytes(report) {
      if (entry.isEncrypted()) throw unreadable(name, 'is encrypted; unpack the archive with its password first');
      if (!entry.canDecodeFileData()) {
        throw unreadable(
          name,
          `is packed by a method (${entry.compressionMethod}) other than deflate; unpack it first`,
        );
      }
      let unpacked = 0;
      let checksum = 0;
      try {
        for await (const chunk of gathered(await archive.openReadStreamPromise(entry))) {
          unpacked += chunk.length;
          checksum = crc32(chunk, checksum);
          report(Math.round((compressedSize * unpacked) / uncompressedSize));
          yield chunk;
        }
      } catch (error) {
        if (error instanceof EndcapError) throw error;
        throw damaged(name, error);
      }
      if (checksum !== entry.crc32) throw damaged(name, new Error('its checksum is wrong'));
    },
  };
}

function damaged(name: string, error: unknown): EndcapError {
  return unreadable(name, `is a damaged or truncated zip archive: ${(error as Error).message}`, error);
}

/** Spreadsheets are zip archives, too. */
function checkIsNoWorkbook(name: string, files: readonly string[]): void {
  const isWorkbook = files.some((file) => /^(xl\/workbook\.(xml|bin)|content\.xml|Index\/Document\.iwa)$/.test(file));
  if (isWorkbook) throw unreadable(name, 'is a workbook; expected text: save the sheet as CSV');
}
