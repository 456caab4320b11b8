import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';

/** Returns what a promise rejects with; fails if it resolves. */
export function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.unreachable('no error was thrown'),
    (error) => error,
  );
}

/** Returns the EndcapError that a promise rejects with; fails for anything else. */
export async function endcapErrorOf(work: Promise<unknown>): Promise<EndcapError> {
  const error = await thrownBy(work);
  assert.instance(error, EndcapError);
  return error as EndcapError;
}
