/** Who may call a server that the command line starts. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { AccessOptions } from '../../server/access/access.ts';
import { followKeys } from '../../server/access/keys-file.ts';
import type { Values } from '../options/options.ts';
import { complain } from '../terminal/terminal.ts';

interface Access {
  keys?: string;
  rate?: number;
  behindProxy?: boolean;
}

/** @throws `keys_unreadable` */
export async function accessFor(values: Values) {
  const { keys, rate, behindProxy } = values as Access;
  const complainOf = (error: unknown) => complain((error as Error).message);
  return {
    keys: keys === undefined ? undefined : await followKeys(keys, complainOf),
    perSecond: rate,
    addressOf: behindProxy ? forwardedFor : remoteAddress,
  } satisfies AccessOptions;
}

function remoteAddress(c: Context): string | undefined {
  return getConnInfo(c).remote.address;
}

/** The address that the nearest proxy saw; those before it are what clients claim. */
function forwardedFor(c: Context): string | undefined {
  return c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? remoteAddress(c);
}
