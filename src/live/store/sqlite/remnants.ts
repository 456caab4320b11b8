import { fstatSync, readSync } from 'node:fs';

/** Pages that are read at a time. */
const pagesAtATime = 256;
/** What the first byte of a page of a b-tree says: inner pages, and leaves. */
const inner = [2, 5];
const leaves = [10, 13];
/** The first page begins with the header of the file. */
const fileHeader = 100;

/**
 * Whether text is in what a SQLite file does not use. SQLite overwrites rows that are removed (`secure_delete`), but not the
 * copies that stay behind when it moves rows from one page to another: they are between the pointers of a page and its rows.
 *
 * @param file open for reading, with nothing in its write-ahead log. Keep it open while the process uses the database: closing
 * any descriptor of a file ends all locks that the process has on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
export function hasRemnants(file: number, text: string): boolean {
  const wanted = Buffer.from(text);
  const header = Buffer.alloc(fileHeader);
  readSync(file, header, 0, fileHeader, 0);
  // 1 stands for 65,536.
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(pagesAtATime * pageSize);
  for (let place = 0; place < size; place += bytes.length) {
    const read = readSync(file, bytes, 0, bytes.length, place);
    for (let from = 0; from + pageSize <= read; from += pageSize) {
      const page = bytes.subarray(from, from + pageSize);
      if (unused(page, place + from === 0 ? fileHeader : 0).includes(wanted)) return true;
    }
  }
  return false;
}

/** The bytes between the pointers of a page and its rows; all of a page that is none of a b-tree. */
function unused(page: Buffer, header: number): Buffer {
  const isInner = inner.includes(page[header]);
  if (!isInner && !leaves.includes(page[header])) return page;
  const pointers = header + (isInner ? 12 : 8);
  const rows = page.readUInt16BE(header + 3);
  // 0 stands for 65,536.
  const content = page.readUInt16BE(header + 5) || 65_536;
  return page.subarray(pointers + 2 * rows, content);
}
