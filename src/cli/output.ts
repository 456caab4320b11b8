/** Where the result of a command goes: into a file, complete or not at all, or to stdout. */
import { resolve } from 'node:path';
import { EndcapError } from '../errors.ts';
import { checkReplaceable, replaceFile } from '../files.ts';
import { pour } from './terminal.ts';

/**
 * Checks before long work that its result can be written. Does nothing if no file is named.
 * @throws EndcapError `invalid_options` if the result would overwrite one of the inputs, `write_failed`
 */
export async function checkOutput(
  output: string | undefined,
  inputs: readonly (string | undefined)[],
  flag = '-o',
): Promise<void> {
  if (output === undefined) return;
  if (inputs.some((input) => input !== undefined && resolve(input) === resolve(output))) {
    const message = `${flag} ${output} would overwrite an input of this command; name another file`;
    throw new EndcapError('invalid_options', message, { file: output });
  }
  await checkReplaceable(output);
}

/** Writes a file, or to stdout if none is named. Returns the size of the file. */
export async function writeOutput(
  output: string | undefined,
  write: (append: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<number | undefined> {
  if (output !== undefined) return (await replaceFile(output, write)).bytes;
  await write(pour);
}
