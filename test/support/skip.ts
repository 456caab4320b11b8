import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Callback, Test } from 'uvu';

/** Adds a test. If there is a `reason` not to run it, the test counts as skipped and the runner prints the reason. */
export function testUnless<T>(suite: Test<T>, reason: string | undefined, name: string, body: Callback<T>): void {
  if (reason === undefined) {
    suite(name, body);
  } else {
    console.log(`skipped: ${name} because ${reason}`);
    suite.skip(name, body);
  }
}

/** Locates a file of the real data beside the checkout; `absent` is the reason to skip if it is not there. */
export function sharedData(name: string): { path: string; absent: string | undefined } {
  return beside('data', name);
}

/** The same for a case of the real exports; `''` for all. */
export function sharedCases(name: string): { path: string; absent: string | undefined } {
  return beside('cases', name);
}

function beside(folder: string, name: string): { path: string; absent: string | undefined } {
  const path = fileURLToPath(new URL(`../../../shared/${folder}/${name}`, import.meta.url));
  return { path, absent: existsSync(path) ? undefined : `${name} is not beside the checkout` };
}
