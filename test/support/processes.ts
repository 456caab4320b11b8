/** What the system says of processes. */
import { existsSync, readFileSync } from 'node:fs';

/** Why it does not say which ones another one has started; undefined if it does. */
export const noChildren = existsSync(`/proc/self/task/${process.pid}/children`)
  ? undefined
  : 'this system does not tell which processes another one has started';

export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
