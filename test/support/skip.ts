import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Callback, Test } from 'uvu';

/** Adds a test that runs only where `reason` is undefined; else it counts as skipped and says why. */
export function testUnless(suite: Test, reason: string | undefined, name: string, body: Callback): void {
  if (reason === undefined) {
    suite(name, body);
  } else {
    console.log(`skipped: ${name} because ${reason}`);
    suite.skip(name, body);
  }
}

/** A file of the real data kept beside the checkout, and why it cannot be used when it is not there. */
export function sharedData(name: string): { path: string; absent: string | undefined } {
  const path = fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));
  return { path, absent: existsSync(path) ? undefined : `${name} is not beside the checkout` };
}
