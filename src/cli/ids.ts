/** Lists of ids on the command line. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { whyNot } from '../files.ts';

/** An id, and if it is in quotes, the text between them and the next comma. */
export interface ListedId {
  id: string;
  after?: string;
}

/** A quoted id, in which a quote is written twice, or any text without a comma. */
const quoted = /\s*"((?:[^"]|"")*)"([^,]*)(?:,|$)/y;
const bare = /([^,]*)(?:,|$)/y;

/**
 * Ids separated by commas: `P1,P2`, in quotes if an id contains a comma or a quote: `"Tea, red",P2`; or `@ids.txt`, a file
 * with one id per line. An id that begins with @ is quoted.
 *
 * @throws InvalidArgumentError if the file cannot be read, or a quote is not closed.
 */
export function listedIds(text: string): ListedId[] {
  if (text.startsWith('@')) return idsInFile(text.slice(1)).map((id) => ({ id }));
  const found: ListedId[] = [];
  for (let at = 0; at < text.length; ) {
    quoted.lastIndex = bare.lastIndex = at;
    const inQuotes = quoted.exec(text);
    if (inQuotes !== null) {
      found.push({ id: inQuotes[1].replaceAll('""', '"'), after: inQuotes[2].trim() });
      at = quoted.lastIndex;
      continue;
    }
    if (/^\s*"/.test(text.slice(at))) throw new InvalidArgumentError(`The quote in ${text.slice(at)} is not closed.`);
    const [, id] = bare.exec(text)!;
    if (id.trim() !== '') found.push({ id: id.trim() });
    at = bare.lastIndex;
  }
  return found;
}

/**
 * Adds the ids of an option to those of its earlier occurrences.
 *
 * @throws InvalidArgumentError
 */
export function ids(text: string, before: string[] = []): string[] {
  const more = listedIds(text).map(({ id, after }) => {
    if (after) throw new InvalidArgumentError(`Expected a comma after "${id}", not ${after}`);
    return id;
  });
  return [...before, ...more];
}

function idsInFile(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8')
      .replace(/^\ufeff/, '')
      .split(/\r\n?|\n/);
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } catch (error) {
    throw new InvalidArgumentError(`Cannot read ids from ${path}: ${whyNot(error as NodeJS.ErrnoException)}`);
  }
}
