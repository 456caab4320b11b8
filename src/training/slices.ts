import { throwIfAborted } from '../errors.ts';
import { createPauses } from '../turns.ts';

/**
 * Cuts long work on the calling thread into slices: awaited often, the function lets everything else have its turn after every
 * few milliseconds of work. It throws `aborted`.
 */
export function createSlices(signal?: AbortSignal): () => Promise<void> | undefined {
  const pause = createPauses();

  async function checkAfter(turn: Promise<void>): Promise<void> {
    await turn;
    throwIfAborted(signal);
  }

  return () => {
    throwIfAborted(signal);
    const turn = pause();
    return turn && checkAfter(turn);
  };
}
