/** Where the result of a command goes: into a file, complete or not at all, or to stdout. */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EndcapError } from '../errors.ts';
import { checkReplaceable, replaceFile } from '../files.ts';
import { inputsOf } from '../orders/sources/inputs.ts';
import { pour } from './terminal/terminal.ts';

/**
 * Checks before long work that its result can be written. Does nothing if no file is named.
 * @param inputs paths of files, of folders of orders, and patterns
 * @throws EndcapError `invalid_options` if the result would overwrite one of the inputs, `write_failed`
 */
export async function checkOutput(
  output: string | undefined,
  inputs: readonly (string | undefined)[],
  flag = '-o',
): Promise<void> {
  if (output === undefined) return;
  const target = await realFile(output);
  const paths = await Promise.all(inputs.map((input) => (input === undefined ? [] : pathsOf(input))));
  const read = await Promise.all(paths.flat().map(realFile));
  if (read.includes(target)) {
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

/** What a path stands for; reading it later says what is wrong with it. */
async function pathsOf(input: string): Promise<string[]> {
  const found = await inputsOf([input]).catch(() => []);
  return [input, ...found.map(({ path }) => path)];
}

/** Links to one file have one real path. A file that does not exist keeps the path it was given. */
function realFile(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
