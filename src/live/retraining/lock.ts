import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { EndcapError } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { type Claim, claim } from '../../temporary-files.ts';

/** Two that begin at the same moment may refuse each other; both try again, after another time each. */
const tries = 4;
const pauseMs = 150;

/**
 * Makes this run the only one that retrains a model file, whichever process or machine runs others. The system frees the lock
 * of a process that is killed; that of another machine is free once it has not been touched for ten minutes.
 *
 * @throws `retraining_busy` if another run is under way; `write_failed` if the folder cannot be written.
 */
export async function lockRetraining(model: string): Promise<Claim> {
  const target = await realpath(model).catch(() => model);
  // The same for all who name the file, however long its name is.
  const name = `retraining${createHash('sha256').update(basename(target)).digest('hex').slice(0, 16)}`;
  for (let left = tries; ; left--) {
    const claimed = await claim(dirname(target), name).catch((cause) => {
      throw new EndcapError(
        'write_failed',
        `${model} cannot be replaced: its folder cannot be written: ${whyNot(cause)}`,
        { file: model, reason: cause.code },
        { cause },
      );
    });
    if ('release' in claimed) return claimed;
    const { pid, since } = claimed;
    if (left === 1 || Date.now() - since > tries * pauseMs)
      throw new EndcapError(
        'retraining_busy',
        `${model} is being retrained since ${new Date(since).toISOString()}, by process ${pid}; wait until it is done`,
        { file: model, pid, since },
      );
    await setTimeout(pauseMs * Math.random());
  }
}
