/** Keys with which programs call the server: made once, shown once, and kept as salted hashes. */
import { invalidOption } from '../../options.ts';

/** What a key may do: ask for lists; report products and purchases; or everything, with erasing customers. */
export type Scope = 'read' | 'write' | 'admin';

export const scopes: readonly Scope[] = ['read', 'write', 'admin'];

/** What is kept of a key. It does not hold the key. */
export interface KeyRecord {
  /** Eight hex digits, which begin the key and stand for it in lists and logs. */
  readonly id: string;
  readonly scopes: readonly Scope[];
  /** Hex digits. */
  readonly salt: string;
  /** Hex digits of SHA-256 over salt and secret. A secret has 256 random bits, so that a slow hash would add nothing. */
  readonly hash: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** What it is for, in the words of whoever made it. */
  readonly note?: string;
}

/** Finds the record of a key at every request, so that keys can be made and revoked while serving. */
export interface Keys {
  find(id: string): KeyRecord | undefined;
  /** How many there are, for `GET /admin/status`. */
  readonly count?: number;
}

const form = /^endcap_([0-9a-f]{8})_([0-9a-f]{64})$/;

/** Makes a key. `key` is what a program sends; it can't be had again. */
export async function createKey(given: readonly Scope[], note?: string): Promise<{ key: string; record: KeyRecord }> {
  const wrong = given.find((scope) => !scopes.includes(scope));
  if (given.length === 0 || wrong !== undefined)
    throw invalidOption('scopes', wrong ?? '', `one or more of ${scopes.join(', ')}`);
  const [id, salt, secret] = [random(4), random(16), random(32)];
  const record = {
    id,
    scopes: scopes.filter((scope) => given.includes(scope)),
    salt,
    hash: await hashOf(salt, secret),
    createdAt: new Date().toISOString(),
    ...(note !== undefined && { note }),
  };
  return { key: `endcap_${id}_${secret}`, record };
}

/**
 * Checks keys. A wrong one takes as long as a right one: the comparison does not stop at the first difference, and an
 * unknown id is compared, too.
 */
export function keyChecker(keys: Keys): (key: string) => Promise<KeyRecord | undefined> {
  return async (key) => {
    const [, id, secret] = form.exec(key) ?? [];
    if (id === undefined) return undefined;
    const record = keys.find(id);
    const hash = await hashOf(record?.salt ?? '', secret);
    return areEqual(hash, record?.hash ?? '') ? record : undefined;
  };
}

/** Whether a key may do what needs a scope. */
export function allows({ scopes: has }: KeyRecord, scope: Scope): boolean {
  return has.includes(scope) || has.includes('admin');
}

/** Compares all digits, whatever they are. */
export function areEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

async function hashOf(salt: string, secret: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(salt + secret))));
}

const random = (bytes: number) => hex(crypto.getRandomValues(new Uint8Array(bytes)));
export const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
