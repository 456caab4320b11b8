/** The priority of threads that work in the background. */
import { constants, setPriority } from 'node:os';

/**
 * Lets other threads go first: of a processor that others want, the calling one gets little. On Linux, each thread has a
 * priority of its own. Elsewhere the process has one, which stays as it is.
 */
export function letOthersFirst(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // A process that started at a lower priority may not raise it.
  }
}

/** The longest rest, in milliseconds: who is kept waiting by others need not wait as long as that took. */
const mostRestMs = 1;

/**
 * Returns what a thread in the background calls between two bits of its work: it then sleeps for as long as the one before has
 * taken. Others find a processor that they need free after a bit at the latest, and have the more of the bandwidth of memory,
 * which no priority gives back.
 */
export function createRests(): () => void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  let began = performance.now();
  return () => {
    Atomics.wait(nobody, 0, 0, Math.min(performance.now() - began, mostRestMs));
    began = performance.now();
  };
}
