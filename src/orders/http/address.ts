/** Addresses of files over HTTP(S). They may hold secrets, in front of the host and in the query. */
import { EndcapError } from '../../errors.ts';

/** Whether a source is at an address of HTTP(S). */
export function isHttp(source: string | URL): boolean {
  return /^https?:/i.test(String(source));
}

/** The address as a URL. @throws `invalid_options`; what Node says of a bad address repeats all of it. */
export function httpUrl(source: string | URL): URL {
  if (URL.canParse(String(source))) return new URL(source);
  throw new EndcapError(
    'invalid_options',
    'an address of orders begins with http, but is no URL; check how it is written',
  );
}

/** What messages call the file at an address: its host and path. */
export function httpName(source: string | URL): string {
  const { origin, pathname } = httpUrl(source);
  return `${origin}${pathname}`;
}

/** The name of the file at an address, without its host and folders. */
export function httpFileName(source: string | URL): string {
  const { protocol, pathname } = httpUrl(source);
  return pathname.split('/').at(-1) || protocol;
}

/** The folder that a file is a part of, if it is called as Spark calls the parts of a table. */
export function httpParts(source: string | URL): string | undefined {
  const [, folder] = /^(.*)\/part-\d[^/]*$/.exec(httpName(source)) ?? [];
  return folder;
}

/** A part of an address without its percent escapes; undefined if a percent sign begins none. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
