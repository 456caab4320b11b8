/**
 * Which shards are complete. Beside the lists of one, such as `lists-3.jsonl`, `.lists-3.jsonl.shard` says of which model and
 * options they are, and what their bytes hash to: lists of another model, of other options, and lists that were changed or
 * cut are not taken for them.
 */
import { createHash, type Hash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../../files.ts';
import type { Shard } from '../../recommending/lists/shard.ts';
import type { SpreadOptions } from '../../recommending/types.ts';
import { version } from '../../version.ts';
import type { BatchFormat } from './formats.ts';

/** What is asked for. Not the kernel: lists of another one are as good. */
export interface Asked {
  endcap: string;
  /** The checksum of its file. */
  model: string;
  shard: Shard;
  format: BatchFormat;
  rawCells: boolean;
  /** A hash, since the products of filters can be many. */
  options: string;
}

export interface Complete {
  customers: number;
  recommendations: number;
  bytes: number;
  sha256: string;
}

export function askedOf(
  model: string,
  shard: Shard,
  options: SpreadOptions,
  format: BatchFormat,
  rawCells = false,
): Asked {
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(options).sort()));
  return { endcap: version, model, shard, format, rawCells, options: hash.digest('hex') };
}

/** What a file has of these lists, if it has them whole; otherwise why it has not, or nothing if there is no record of it. */
export async function completeBefore(output: string, asked: Asked): Promise<Complete | string | undefined> {
  const record = await readFile(recordOf(output), 'utf8').catch(() => undefined);
  if (record === undefined) return undefined;
  let said: Asked & Complete;
  try {
    said = { ...JSON.parse(record) };
  } catch {
    return undefined;
  }
  if (said.model !== asked.model) return 'it is of another model';
  const { customers, recommendations, bytes, sha256 } = said;
  const isAsked = Object.entries(asked).every(([name, value]) => said[name as keyof Asked] === value);
  if (!isAsked) return 'it has another shard, or other options';
  return sha256 === (await hashOf(output)) ? { customers, recommendations, bytes, sha256 } : 'it was changed since';
}

export async function recordComplete(output: string, asked: Asked, complete: Complete): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify({ ...asked, ...complete })}\n`);
  await replaceFile(recordOf(output), (append) => append(bytes));
}

const recordOf = (output: string) => join(dirname(output), `.${basename(output)}.shard`);

/** Of a file; empty if it cannot be read. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file = await open(path, 'r');
    for await (const chunk of file.createReadStream({ highWaterMark: 2 ** 20 })) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    return '';
  }
}

/** The same function, and the hash of all that it was given. */
export function hashing(append: (bytes: Uint8Array) => Promise<void>): { append: typeof append; hash: Hash } {
  const hash = createHash('sha256');
  return {
    hash,
    append(bytes) {
      hash.update(bytes);
      return append(bytes);
    },
  };
}
