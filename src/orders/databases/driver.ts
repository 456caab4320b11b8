/** What all drivers of databases have in common. */
import { EndcapError, type ErrorCode } from '../../errors.ts';
import type { Decision } from '../look.ts';
import { type Chunks, gathered } from '../sources/chunks.ts';
import type { Before, Queried } from '../sources/stored.ts';
import type { DatabaseAddress } from './address.ts';

/**
 * For the `.catch` of the import of a driver, which is an optional package: throws an error that says how to install it.
 * The `.catch` stands right behind the `import()`, since bundlers then leave out a package that is not there.
 */
export function withoutDriver(
  packages: string,
  { name, kind }: DatabaseAddress,
  code: ErrorCode = 'orders_unreadable',
): (cause: unknown) => never {
  return (cause) => {
    const needed = /\s/.test(packages) ? 'packages' : 'package';
    throw new EndcapError(
      code,
      `${name} needs the ${needed} ${packages.replace(' ', ' and ')}: npm install ${packages}`,
      { source: name, kind, packages: packages.split(' ') },
      { cause },
    );
  };
}

/** Calls `onIdle` once nothing has come for so long; not while who takes the chunks is busy. */
export async function* unlessIdle(
  chunks: AsyncIterable<Uint8Array>,
  idleTimeoutMs: number | undefined,
  onIdle: () => void,
): Chunks {
  const wait = () => (idleTimeoutMs === undefined ? undefined : setTimeout(onIdle, idleTimeoutMs));
  let idle = wait();
  try {
    for await (const chunk of chunks) {
      clearTimeout(idle);
      yield chunk;
      idle = wait();
    }
  } finally {
    clearTimeout(idle);
  }
}

/**
 * What a database is asked for.
 *
 * @param rowsOf its rows as CSV; it says before the first one from when on they are, if that was asked.
 */
export function queriedBy(
  name: string,
  rowsOf: (before: Before, decide: (since: Decision) => void) => Chunks,
): Queried {
  return {
    name,
    size: 0,
    rows(before) {
      let since: Decision | undefined;
      const decide = (decision: Decision) => {
        since = decision;
      };
      return { csv: gathered(rowsOf(before, decide)), since: () => since };
    },
  };
}
