import { throwIfAborted } from '../errors.ts';

/** How long the event loop may have to wait. */
const sliceMs = 50;

/**
 * Cuts long work on the calling thread into slices: awaited often, the function lets the event loop turn after every 50 ms
 * of work. It throws `aborted`.
 */
export function createSlices(signal?: AbortSignal): () => Promise<void> | undefined {
  let resume = performance.now() + sliceMs;

  async function turn(): Promise<void> {
    await new Promise((done) => setTimeout(done, 0));
    throwIfAborted(signal);
    resume = performance.now() + sliceMs;
  }

  return () => {
    throwIfAborted(signal);
    return performance.now() > resume ? turn() : undefined;
  };
}
