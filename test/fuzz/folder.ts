import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'ENDCAP_FUZZ_FOLDER';
let own: string | undefined;

/** A folder for the files of cases, which is removed with the process. */
export function folderOfCases(): string {
  const { [variable]: given } = process.env;
  if (given !== undefined) return given;
  if (own === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'endcap-fuzz-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    own = made;
  }
  return own;
}

/** The same for a child process, made and removed by its parent: a process that is killed cannot. */
export function folderForChild(): { env: NodeJS.ProcessEnv; remove(): void } {
  const made = mkdtempSync(join(tmpdir(), 'endcap-fuzz-'));
  return { env: { ...process.env, [variable]: made }, remove: () => rmSync(made, { recursive: true, force: true }) };
}
