/** Addresses of databases, and what they are called where others may read it. */
import { EndcapError } from '../../errors.ts';
import { decoded } from '../http/address.ts';

export type DatabaseKind = 'postgres' | 'mysql' | 'sqlite';

export interface DatabaseAddress {
  readonly kind: DatabaseKind;
  /** As it was given, with its secrets: for the driver alone. */
  readonly address: string;
  /** Without user, password, and parameters: for messages. */
  readonly name: string;
  /** What the database is called, without its host, as paths are shown without their folders; '' if the address does not say. */
  readonly database: string;
}

const kinds: Readonly<Record<string, DatabaseKind>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
};

const examples: Readonly<Record<DatabaseKind, string>> = {
  postgres: 'postgres://user:password@host:5432/shop',
  mysql: 'mysql://user:password@host:3306/shop',
  sqlite: 'sqlite:shop.db',
};

/** Of a text that is an address of any kind: its scheme, whoever may see it, where, and the rest. */
const anyAddress = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(.*)$/is;
const plainHost = /^([\w.%-]*|\[[0-9a-f:.%]+\])(:\d+)?$/i;

/** Which kind of database a source is the address of; undefined if it is none. */
export function databaseKind(source: unknown): DatabaseKind | undefined {
  if (typeof source !== 'string' && !(source instanceof URL)) return undefined;
  const [, scheme] = /^([a-z]+):/i.exec(String(source)) ?? [];
  const kind = scheme && kinds[scheme.toLowerCase()];
  if (!kind) return undefined;
  return kind === 'sqlite' || /^[a-z]+:\/\//i.test(String(source)) ? kind : undefined;
}

/**
 * The parts of an address of a database; undefined if the source is none.
 *
 * @throws `invalid_options` if it cannot be told where its password ends. Nothing of it is in the message then.
 */
export function databaseAddress(source: unknown): DatabaseAddress | undefined {
  const kind = databaseKind(source);
  if (kind === undefined) return undefined;
  const address = String(source);
  if (kind === 'sqlite') {
    const path = sqlitePath(address);
    if (path === '') throw malformed(kind);
    return { kind, address, name: `sqlite:${path}`, database: path.replace(/^.*[/\\]/, '') };
  }
  const [, scheme, , host, path, rest] = anyAddress.exec(address) ?? [];
  // A "/", "?", or "#" in a password ends the part that it belongs to; what comes after it would look like a host.
  if (scheme === undefined || !plainHost.test(host) || `${path}${rest}`.includes('@')) throw malformed(kind);
  const database = decoded(path.slice(1));
  if (database === undefined) throw malformed(kind);
  return { kind, address, name: `${scheme.toLowerCase()}://${host}${path}`, database };
}

/** The path of the file in an address such as `sqlite:shop.db`, `sqlite:///var/lib/shop.db`, or `sqlite:shop.db?mode=ro`. */
export function sqlitePath(address: string): string {
  return address.replace(/^sqlite:(\/\/)?/i, '').replace(/[?#].*$/s, '');
}

/** Whether a text is an address of any kind, such as s3://shop/orders, and no path. */
export function isAddress(text: string): boolean {
  return /^([a-z][a-z0-9+.-]+:\/\/|sqlite:|jdbc:)/i.test(text);
}

/** A text without what may be secret in it, if it is an address of any kind; otherwise the text itself. */
export function withoutSecrets(text: string): string {
  // Each driver of Java has a place of its own for the password.
  if (/^jdbc:/i.test(text)) return 'jdbc:...';
  const [, scheme, , host, path] = anyAddress.exec(text) ?? [];
  if (scheme === undefined) return text;
  return plainHost.test(host) && !path.includes('@') ? `${scheme}://${host}${path}` : `${scheme}://...`;
}

/** What an address tells where even its host may be too much: what kind it is, and the name of the database. */
export function databaseLabel({ kind, database }: DatabaseAddress): string {
  return `${kind}:${database}`;
}

function malformed(kind: DatabaseKind): EndcapError {
  const encoded =
    kind === 'sqlite'
      ? ''
      : '; write other signs than letters and digits of the password as encodeURIComponent does, such as %2F for /';
  return new EndcapError(
    'invalid_options',
    `the address of the ${kind} database is not like ${examples[kind]}${encoded}`,
    { expected: examples[kind] },
  );
}

/** A text of others without the address and the password in it, wherever it may quote them. */
export function concealed(text: string, { address, name }: DatabaseAddress): string {
  const [, , seen = '', , , rest = ''] = anyAddress.exec(address) ?? [];
  const given = [seen.slice(seen.indexOf(':') + 1 || seen.length)];
  for (const [key, value] of new URLSearchParams(rest.replace(/^\?|#.*$/g, '')))
    if (/pass/i.test(key)) given.push(value);
  const secrets = given.flatMap((secret) => [secret, decoded(secret) ?? '', encodeURIComponent(secret)]);
  const longestFirst = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return longestFirst.reduce((told, secret) => told.replaceAll(secret, '***'), text.replaceAll(address, name));
}
