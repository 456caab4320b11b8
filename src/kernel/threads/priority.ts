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
