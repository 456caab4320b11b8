/** The keys of a server in a file of their own, which a running server reads again whenever it changes. */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { EndcapError } from '../../errors.ts';
import { replaceFile, whyNot } from '../../files.ts';
import { exactly } from '../../live/schemas.ts';
import { createKey, type KeyRecord, type Keys, type Scope, scopes } from './keys.ts';

/** How often a server looks whether the file changed, in milliseconds. */
const lookingMs = 1000;

const hexDigits = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`)));
const fileShape = exactly({
  version: v.literal(1),
  keys: v.array(
    exactly({
      id: hexDigits(8),
      scopes: v.pipe(v.array(v.picklist(scopes)), v.minLength(1)),
      salt: hexDigits(32),
      hash: hexDigits(64),
      createdAt: v.pipe(v.string(), v.isoTimestamp()),
      note: v.optional(v.string()),
    }),
  ),
});

/** The keys in a file. @throws `keys_unreadable`, also if it does not exist */
export async function readKeys(path: string): Promise<KeyRecord[]> {
  const keys = await keysIfAny(path);
  if (keys !== undefined) return keys;
  throw new EndcapError('keys_unreadable', `${path} does not exist; endcap key create --file ${path} makes it`, {
    file: path,
  });
}

/** Undefined if there is no file. */
async function keysIfAny(path: string): Promise<KeyRecord[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EndcapError('keys_unreadable', `${path} cannot be read: ${whyNot(cause)}`, { file: path }, { cause });
  }
  try {
    return v.parse(fileShape, JSON.parse(text)).keys;
  } catch (cause) {
    throw new EndcapError(
      'keys_unreadable',
      `${path} is no file of keys; endcap key create makes one`,
      { file: path },
      { cause },
    );
  }
}

/** Adds a key to a file, which is made if need be, for its owner's eyes only. Returns what a program sends. */
export async function addKey(
  path: string,
  given: readonly Scope[],
  note?: string,
): Promise<{ key: string; id: string }> {
  const before = (await keysIfAny(path)) ?? [];
  const { key, record } = await createKey(given, note);
  await writeKeys(path, [...before, record]);
  return { key, id: record.id };
}

/**
 * Removes a key, which running servers refuse within a second.
 *
 * @throws `keys_unreadable`; `invalid_options` if there is none of that id
 */
export async function revokeKey(path: string, id: string): Promise<void> {
  const before = await readKeys(path);
  const after = before.filter((key) => key.id !== id);
  if (after.length === before.length)
    throw new EndcapError('invalid_options', `${path} has no key ${id}; endcap key list shows them`, {
      file: path,
      id,
    });
  await writeKeys(path, after);
}

async function writeKeys(path: string, keys: readonly KeyRecord[]): Promise<void> {
  const text = `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`;
  await replaceFile(path, (append) => append(Buffer.from(text)), { mode: 0o600 });
}

/**
 * The keys of a file as they are at each request; none once it is removed. While a changed file cannot be read, those before it
 * count.
 *
 * @param onError called with what is wrong with a changed file.
 * @throws `keys_unreadable`, also if there is no key.
 */
export async function followKeys(
  path: string,
  onError: (error: unknown) => void,
): Promise<Keys & { readonly count: number; close(): void }> {
  const byId = (keys: readonly KeyRecord[]) => new Map(keys.map((key) => [key.id, key]));
  const first = await readKeys(path);
  if (first.length === 0)
    throw new EndcapError(
      'keys_unreadable',
      `${path} has no keys, so that nobody could call; make one with endcap key create --scope read --file ${path}`,
      { file: path },
    );
  let current = byId(first);
  const changed = () => {
    // Without a file, nobody may call any more.
    keysIfAny(path).then((keys = []) => {
      current = byId(keys);
    }, onError);
  };
  watchFile(path, { interval: lookingMs, persistent: false }, changed);
  return {
    find: (id) => current.get(id),
    get count() {
      return current.size;
    },
    close: () => unwatchFile(path, changed),
  };
}
