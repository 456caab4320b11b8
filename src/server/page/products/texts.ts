/** Texts of products in which people search, and whether one is what they typed. */

/** Longer names have said what they are by then. */
const maxCharacters = 300;
const maxWords = 8;
/** Scripts that are written without blanks between words: there, what is typed may begin anywhere. */
const unspaced = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const letter = /[\p{L}\p{N}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII.
const ascii = /^[\x00-\x7f]*$/;

export interface Query {
  /** As ids are compared. */
  readonly id: string;
  /** All words, with a blank between them. */
  readonly name: string;
  /** Those that a text must have words that begin with. */
  readonly words: readonly Word[];
}

interface Word {
  readonly text: string;
  /** Whether it may be anywhere. */
  readonly isUnspaced: boolean;
}

/** How well a product matches, best first. */
export const ranks = ['id', 'name', 'beginning of the id', 'words of the name', 'words'] as const;

export function queryOf(typed: string): Query {
  const text = typed.trim().slice(0, maxCharacters);
  const name = wordsOf(folded(text));
  const words = name === '' ? [] : name.split(' ').slice(0, maxWords);
  return { id: text.toLowerCase(), name, words: words.map((text) => ({ text, isUnspaced: unspaced.test(text) })) };
}

/** The text of a product: its id, its name, and its category, a line each. */
export function textOf(product: string, name = '', category = ''): string {
  return `${product.slice(0, maxCharacters).toLowerCase()}\n${lineOf(name)}\n${lineOf(category)}`;
}

/** The line of a text whose product has this name, with the ends of the lines around it. */
export function lineOfName(name: string): string {
  return `\n${lineOf(name)}\n`;
}

function lineOf(text: string): string {
  const line = folded(text.length > maxCharacters ? text.slice(0, maxCharacters) : text);
  return line.includes('\n') ? line.replaceAll('\n', ' ') : line;
}

/** The place of how a text matches among `ranks`; -1 if it does not. */
export function rankOf(text: string, { id, name, words }: Query): number {
  if (id !== '' && text.startsWith(id)) return text[id.length] === '\n' ? 0 : 2;
  if (words.length === 0) return -1;
  const begin = text.indexOf('\n') + 1;
  if (!words.every((word) => holds(text, word, begin))) return -1;
  const line = text.slice(begin, text.indexOf('\n', begin));
  if (!words.every((word) => holds(line, word, 0))) return 4;
  const mayBeAll = line.startsWith(words[0].text) || !isOfWord(line, 0);
  return mayBeAll && wordsOf(line) === name ? 1 : 3;
}

/** Whether a text has a word that begins so, from a place on. */
function holds(text: string, { text: word, isUnspaced }: Word, from: number): boolean {
  for (let at = text.indexOf(word, from); at >= 0; at = text.indexOf(word, at + 1))
    if (isUnspaced || at === from || !isOfWord(text, at - 1)) return true;
  return false;
}

function isOfWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 128 ? (code >= 97 && code <= 122) || (code >= 48 && code <= 57) : letter.test(text[at]);
}

/** In lower case, without accents. */
function folded(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  // Twice, so that ß is ss.
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toUpperCase()
    .toLowerCase();
}

function wordsOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
