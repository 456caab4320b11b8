/** What a source stands for: the files to read, one after the other. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EndcapError, unreadable } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { isAddress, withoutSecrets } from '../databases/address.ts';
import { httpUrl, isHttp } from '../http/address.ts';

/** A file, here or at an address of HTTP(S), a pipe, or stdin. */
export interface Input {
  /** Its path, or its address; `-` for stdin. */
  readonly path: string;
  readonly kind: 'file' | 'http' | 'pipe' | 'device' | 'stdin';
  /** Bytes; 0 if it is not a file. */
  readonly size: number;
  /** The folder that it is a part of, if one table was written as several files. */
  readonly parts?: string;
}

/** Files of a folder or an archive that are read, by extension, each also with `.gz`. */
const orderFile = /\.(csv|tsv|tab|json|jsonl|ndjson|parquet|pq|zip)(\.gz)?$/i;
const textFile = /\.txt(\.gz)?$/i;
/** Files that systems and programs leave behind. */
const leftBehind = /(^|[/\\])([._][^/\\]*|__MACOSX[/\\].*|Thumbs\.db|desktop\.ini)$|\.crc$/i;
/** A folder of a table that Hive or Spark has divided by a column. */
const partition = /^[^=._][^=]*=/;
const part = /^part-\d/;
const maxDepth = 8;

/**
 * The files of paths, URLs, folders, and patterns, without repetition. Of a folder these are its files of orders by
 * name, and those in folders such as `day=2025-03-01` within it.
 *
 * @throws `orders_unreadable` if a path does not exist, or nothing matches a pattern or is in a folder.
 */
export async function inputsOf(sources: readonly (string | URL)[]): Promise<Input[]> {
  const inputs = new Map<string, Input>();
  for (const source of sources) {
    for (const input of await inputsAt(pathOf(source))) {
      const id = input.kind === 'file' ? await realpath(input.path) : input.path;
      if (!inputs.has(id)) inputs.set(id, input);
    }
  }
  return [...inputs.values()];
}

export function pathOf(source: string | URL): string {
  if (typeof source === 'string') return source;
  if (isHttp(source)) return source.href;
  try {
    return fileURLToPath(source);
  } catch (cause) {
    const name = withoutSecrets(source.href);
    const message = `cannot read orders from ${name}: expected a path, or a file: URL of this machine`;
    throw new EndcapError('invalid_options', message, { source: name }, { cause });
  }
}

/** Of the names in a folder or an archive, those that hold orders. The only one does, whatever it is called. */
export function orderFilesAmong(names: readonly string[]): string[] {
  const visible = names.filter((name) => !leftBehind.test(name));
  if (visible.length === 1) return visible;
  const usual = visible.filter((name) => orderFile.test(name));
  return (usual.length > 0 ? usual : visible.filter((name) => textFile.test(name))).sort();
}

async function inputsAt(path: string): Promise<Input[]> {
  if (path === '-') return [{ path, kind: 'stdin', size: 0 }];
  if (isHttp(path)) return [{ path: httpUrl(path).href, kind: 'http', size: 0 }];
  try {
    const info = await stat(path);
    if (!info.isDirectory()) return [inputOf(path, info)];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const name = withoutSecrets(path);
    if (isAddress(path)) throw unreadable(name, unreadAddress);
    const found = code === 'ENOENT' ? await matching(path) : undefined;
    if (found !== undefined) return found;
    if (code === 'ENOENT') throw unreadable(name, 'does not exist; check the path', name === path ? error : undefined);
    throw unreadable(name, `cannot be read: ${whyNot(error)}`, error);
  }
  const inputs = await filesIn(path, 0);
  if (inputs.length > 0) return inputs;
  throw unreadable(
    path,
    'is a folder without files of orders; expected .csv, .tsv, .txt, .json, .jsonl, .parquet, or .zip',
  );
}

const unreadAddress =
  'is no address that can be read; expected one of https:, http:, postgres:, mysql:, or sqlite:. Files of an object store have ' +
  'signed addresses (as from aws s3 presign), and what another program reads can be piped into -';

type Info = Awaited<ReturnType<typeof stat>>;

function inputOf(path: string, info: Info, parts?: string): Input {
  const kind = info.isFile() ? 'file' : info.isFIFO() ? 'pipe' : 'device';
  return { path, kind, size: kind === 'file' ? Number(info.size) : 0, ...(parts !== undefined && { parts }) };
}

/** The files that a pattern matches; undefined if it is none. */
async function matching(pattern: string): Promise<Input[] | undefined> {
  // Few readers need it.
  const { glob, isDynamicPattern } = await import('tinyglobby');
  if (!isDynamicPattern(pattern)) return undefined;
  // Elsewhere a backslash takes the meaning from the character after it.
  const portable = process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern;
  const paths = await glob(portable, { absolute: isAbsolute(pattern), expandDirectories: false });
  if (paths.length === 0) throw unreadable(pattern, 'matches no file; check the pattern');
  return Promise.all(paths.sort().map(async (path) => inputOf(path, await stat(path))));
}

async function filesIn(folder: string, depth: number): Promise<Input[]> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    throw unreadable(folder, `cannot be read: ${(error as Error).message}`, error);
  }
  const files: string[] = [];
  const partitions: string[] = [];
  const infos = new Map<string, Info>();
  for (const name of entries.sort()) {
    // A link may lead nowhere.
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info?.isDirectory() && partition.test(name) && depth < maxDepth) partitions.push(name);
    else if (info?.isFile()) files.push(name);
    if (info !== undefined) infos.set(name, info);
  }
  const names = orderFilesAmong(files);
  const inner = await Promise.all(partitions.map((name) => filesIn(join(folder, name), depth + 1)));
  return [
    ...names.map((name) => inputOf(join(folder, name), infos.get(name)!, part.test(name) ? folder : undefined)),
    ...inner.flat().map((input) => ({ ...input, parts: folder })),
  ];
}
