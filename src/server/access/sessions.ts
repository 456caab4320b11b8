/**
 * Sessions of people who signed in with a key. No server keeps them: what the browser sends back is signed with what is kept of
 * the key, so that any server that follows the same keys takes it, and none does once the key is revoked.
 */
import { areEqual, hex, type KeyRecord, type Keys } from './keys.ts';

/** How long a session lasts: a working day. */
export const sessionSeconds = 12 * 60 * 60;

const form = /^([0-9a-f]{8})\.(\d{1,12})\.([0-9a-f]{64})$/;

/**
 * What stands for a session: the id of the key, the second in which it ends, and a signature.
 *
 * @param now in milliseconds since 1970 UTC.
 */
export async function createSession({ id, hash }: KeyRecord, now: number): Promise<string> {
  const said = `${id}.${Math.floor(now / 1000) + sessionSeconds}`;
  return `${said}.${await signatureOf(hash, said)}`;
}

/** The key of a session; undefined if it has ended, or was made by somebody else. An unknown key takes as long as a known one. */
export async function keyOfSession(session: string, keys: Keys, now: number): Promise<KeyRecord | undefined> {
  const [, id, end, signature] = form.exec(session) ?? [];
  if (id === undefined) return undefined;
  const record = keys.find(id);
  const isSigned = areEqual(await signatureOf(record?.hash ?? 'unknown', `${id}.${end}`), signature);
  return record && isSigned && now < Number(end) * 1000 ? record : undefined;
}

/** HMAC-SHA-256. Nothing else is signed with the same key. */
async function signatureOf(hash: string, said: string): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey('raw', bytes(hash), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return hex(new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes(`session ${said}`))));
}
