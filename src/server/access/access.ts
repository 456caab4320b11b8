import type { Context, MiddlewareHandler } from 'hono';
import { finiteNumber, invalidOption, onlyKnown, optionalFunctions } from '../../options.ts';
import { fail } from '../failures.ts';
import { createBuckets } from './buckets.ts';
import { allows, type Keys, keyChecker, type Scope } from './keys.ts';

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

/** Lets a request through whose key has the scope, as often as its caller may send one. */
export type Access = (scope: Scope) => MiddlewareHandler;

/**
 * A key is refused before anything of the body is read. Wrong keys count against the address, so that guessing is slow.
 *
 * @throws `invalid_options`
 */
export function accessBy(options: AccessOptions): Access {
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
  const waitFor = (c: Context, caller: string) => {
    const ms = buckets?.take(caller, now()) ?? 0;
    if (ms === 0) return undefined;
    c.header('retry-after', String(Math.ceil(ms / 1000)));
    return fail(c, 429, 'too_many_requests', 'too many requests; send fewer, or wait as long as Retry-After says');
  };
  const unauthorized = (c: Context, message: string) => {
    c.header('www-authenticate', 'Bearer');
    return waitFor(c, `address ${addressOf?.(c)}`) ?? fail(c, 401, 'unauthorized', message);
  };

  return (scope) => async (c, next) => {
    if (!check) return waitFor(c, `address ${addressOf?.(c)}`) ?? next();
    const [kind, key, more] = (c.req.header('authorization') ?? '').split(' ');
    if (kind.toLowerCase() !== 'bearer' || !key || more !== undefined)
      return unauthorized(c, 'this needs a key: send it as Authorization: Bearer KEY');
    const record = await check(key);
    if (!record) return unauthorized(c, 'the key is not known; it may have been revoked');
    const refused = waitFor(c, `key ${record.id}`);
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
