import type { Context, MiddlewareHandler } from '#hono';
import { finiteNumber, invalidOption, onlyKnown, optionalFunctions } from '../../options.ts';
import { fail } from '../failures.ts';
import { createBuckets } from './buckets.ts';
import { allows, type KeyRecord, type Keys, keyChecker, type Scope } from './keys.ts';

export interface AccessOptions {
  /** Who may call; everybody if absent. */
  keys?: Keys;
  /** Requests a second that each key may send in the long run, and each address without a key; no limit if absent. */
  perSecond?: number;
  /** Requests that each may send at once; twice `perSecond` by default. */
  burst?: number;
  /** The address that a request comes from; undefined if it is not known. */
  addressOf?: (c: Context) => string | undefined;
  /** Where apps in several threads count together, and the milliseconds of a clock that all of them have. */
  counting?: { memory: SharedArrayBuffer; now(): number };
}

/** What is known of whoever calls, the API and the pages alike: whose keys there are, and who has to wait. */
export interface Callers {
  /** Absent if everybody may call. */
  readonly keys: Keys | undefined;
  /** What is kept of a key; undefined if it is not known. */
  recordOf(key: string): Promise<KeyRecord | undefined>;
  /** Seconds until this caller may send a request: whoever has a key of this id, or else the address. 0 if it may now. */
  waitOf(c: Context, keyId?: string): number;
}

/** @throws `invalid_options` */
export function callersBy(options: AccessOptions): Callers {
  onlyKnown(options, ['keys', 'perSecond', 'burst', 'addressOf', 'counting']);
  const { keys, perSecond, burst = 2 * (perSecond ?? 0), addressOf, counting } = options;
  const now = counting?.now ?? (() => performance.now());
  if (keys !== undefined && typeof keys?.find !== 'function')
    throw invalidOption('access.keys', keys, 'an object with a function find');
  if (perSecond !== undefined) finiteNumber('access.perSecond', perSecond, Number.MIN_VALUE);
  if (options.burst !== undefined) finiteNumber('access.burst', burst, 1);
  optionalFunctions({ 'access.addressOf': addressOf });
  const check = keys && keyChecker(keys);
  const buckets = perSecond === undefined ? undefined : createBuckets(perSecond, burst, counting?.memory);
  return {
    keys,
    recordOf: async (key) => check?.(key),
    waitOf(c, keyId) {
      const caller = keyId === undefined ? `address ${addressOf?.(c)}` : `key ${keyId}`;
      return Math.ceil((buckets?.take(caller, now()) ?? 0) / 1000);
    },
  };
}

/** Lets a request through whose key has the scope, as often as its caller may send one. */
export type Access = (scope: Scope) => MiddlewareHandler;

/** A key is refused before anything of the body is read. Wrong keys count against the address, so that guessing is slow. */
export function accessBy({ keys, recordOf, waitOf }: Callers): Access {
  const waitFor = (c: Context, keyId?: string) => {
    const seconds = waitOf(c, keyId);
    if (seconds === 0) return undefined;
    c.header('retry-after', String(seconds));
    return fail(c, 429, 'too_many_requests', 'too many requests; send fewer, or wait as long as Retry-After says');
  };
  const unauthorized = (c: Context, message: string) => {
    c.header('www-authenticate', 'Bearer');
    return waitFor(c) ?? fail(c, 401, 'unauthorized', message);
  };

  return (scope) => async (c, next) => {
    if (!keys) return waitFor(c) ?? next();
    const [kind, key, more] = (c.req.header('authorization') ?? '').split(' ');
    if (kind.toLowerCase() !== 'bearer' || !key || more !== undefined)
      return unauthorized(c, 'this needs a key: send it as Authorization: Bearer KEY');
    const record = await recordOf(key);
    if (!record) return unauthorized(c, 'the key is not known; it may have been revoked');
    const refused = waitFor(c, record.id);
    if (refused) return refused;
    if (!allows(record, scope))
      return fail(
        c,
        403,
        'forbidden',
        `this needs a key with the scope ${scope}; yours has ${record.scopes.join(', ')}`,
      );
    c.set('key', record.id);
    return next();
  };
}
