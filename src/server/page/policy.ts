/** What browsers may load for a page: nothing but what this server has, and pictures of products. */

const directives = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "script-src 'self'",
  "style-src 'self'",
];

/** Hosts of pictures that a page may name: shops have one or two. */
const maxHosts = 20;

/** @param pictures addresses of pictures, which may be anything. */
export function policy(pictures: readonly string[] = []): string {
  const origins = new Set(pictures.map(originOf).filter((origin) => origin !== undefined));
  return [...directives, ["img-src 'self'", ...[...origins].slice(0, maxHosts)].join(' ')].join('; ');
}

function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, origin } = new URL(address);
  return /^https?:$/.test(protocol) ? origin : undefined;
}
