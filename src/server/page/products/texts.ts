/** Texts of products in which people search, and whether one is what they typed. */

/** Longer names have said what they are by then. */
const maxCharacters = 300;
const maxWords = 8;
/** Scripts that are written without blanks between words: there, what is typed may begin anywhere. */
const unspaced = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII.
const ascii = /^[\x00-\x7f]*$/;

export interface Query {
  /** As ids are compared. */
  readonly id: string;
  /** The words, which names must have in this order to be equal to what was typed. */
  readonly name: string;
  /** What a text must hold for each of them. */
  readonly words: readonly string[];
}

/** How well a product matches, best first. */
export const ranks = ['id', 'name', 'beginning of the id', 'words of the name', 'words'] as const;

export function queryOf(typed: string): Query {
  const text = typed.trim().slice(0, maxCharacters);
  const name = wordsOf(text);
  const words = name === '' ? [] : name.split(' ').slice(0, maxWords);
  return { id: text.toLowerCase(), name, words: words.map((word) => (unspaced.test(word) ? word : ` ${word}`)) };
}

/** The text of a product: its id, its name, and its category, a line each. */
export function textOf(product: string, name = '', category = ''): string {
  return `${product.slice(0, maxCharacters).toLowerCase()}\n ${wordsOf(name)}\n ${wordsOf(category)}`;
}

/** The place of how a text matches among `ranks`; -1 if it does not. */
export function rankOf(text: string, { id, name, words }: Query): number {
  if (id !== '' && text.startsWith(id)) return text[id.length] === '\n' ? 0 : 2;
  if (words.length === 0 || !words.every((word) => text.includes(word, text.indexOf('\n')))) return -1;
  const begin = text.indexOf('\n') + 1;
  const end = text.indexOf('\n', begin);
  const own = text.slice(begin, end);
  if (own === ` ${name}`) return 1;
  return words.every((word) => own.includes(word)) ? 3 : 4;
}

/** Words in lower case, without accents and punctuation, with a blank between them. */
function wordsOf(text: string): string {
  const start = text.slice(0, maxCharacters);
  if (ascii.test(start))
    return start
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, ' ')
      .trim();
  return (
    start
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      // Twice, so that ß is ss.
      .toUpperCase()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
  );
}
