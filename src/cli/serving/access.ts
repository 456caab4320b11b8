/** Who may call a server that the command line starts. */
import type { AccessOptions } from '../../server/access/access.ts';
import { followKeys } from '../../server/access/keys-file.ts';
import { forwardedFor, remoteAddress } from '../../server/http/http-server.ts';
import type { Values } from '../options/options.ts';
import { complain } from '../terminal/terminal.ts';

/** What `addServingOptions` parses of it. */
export interface Access {
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
