/** The entry point of the thread that reads a product file, and holds what it says until it is asked. */
import { parentPort } from 'node:worker_threads';
import { EndcapError } from '../../errors.ts';
import { type FileEntry, readCatalogueFile } from './read.ts';
import type { FileAnswer, FileRequest } from './thread.ts';

/** What one answer has: some milliseconds of work for who takes it. */
const pageSize = 1000;

const known = new Set<string>();
let entries: readonly FileEntry[] = [];
let at = 0;

async function answer(request: FileRequest): Promise<FileAnswer> {
  if (request.kind === 'know') for (const id of request.ids) known.add(id);
  if (request.kind === 'read') {
    const read = await readCatalogueFile(request.file, { ids: known, areCleaned: request.areCleaned });
    known.clear();
    entries = read.entries;
    return { account: read.account };
  }
  if (request.kind === 'page') {
    const page = entries.slice(at, at + pageSize);
    at += page.length;
    return { products: page.map(({ product }) => product), marks: Float64Array.from(page, ({ mark }) => mark) };
  }
  if (request.kind === 'fields')
    return { fields: request.wanted.map((index) => entries[at - request.of + index].fields) };
  return {};
}

parentPort!.on('message', async (request: FileRequest) => {
  try {
    parentPort!.postMessage(await answer(request));
  } catch (error) {
    if (!(error instanceof EndcapError)) throw error;
    const { code, message, details } = error;
    parentPort!.postMessage({ error: { code, message, details } } satisfies FileAnswer);
  }
});
