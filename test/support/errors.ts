import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';

/** What a promise fails with. */
export function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.unreachable('no error was thrown'),
    (error) => error,
  );
}

/** The EndcapError that a promise fails with. */
export async function endcapErrorOf(work: Promise<unknown>): Promise<EndcapError> {
  const error = await thrownBy(work);
  assert.instance(error, EndcapError);
  return error as EndcapError;
}
