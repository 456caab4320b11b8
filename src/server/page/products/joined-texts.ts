/** The texts of many products, joined, so that what few of them hold is found without a look at each. */
import { lineOfName, type Query, rankOf } from './texts.ts';

/** Texts by place, from 0 on. */
export interface Texts {
  size(): number;
  /** @param place of a text that is there, or the next one. */
  set(place: number, text: string): void;
  /**
   * Calls with the place of each text whose name is this one, letter by letter. That takes a third of the time of `eachMatch`, since
   * the longer what is looked for, the fewer letters are looked at. It yields as often.
   */
  eachNamed(name: string, take: (place: number) => void): Generator<undefined, void>;
  /** Calls with the place of each text that matches, in their order, and with its rank. It yields between pieces of a millisecond or so. */
  eachMatch(query: Query, take: (place: number, rank: number) => void): Generator<undefined, void>;
}

/** Texts that are joined: about a millisecond to look at each. */
const textsOfPart = 2 ** 11;
/** Before each text. Ids may have it, too. */
const mark = '\0';

/** Either the texts, or all of them in one, and where each begins. */
interface Part {
  texts?: string[];
  joined?: Joined;
}

interface Joined {
  readonly text: string;
  /** Of their marks, and the end of the last one. */
  readonly starts: Uint32Array;
}

export function createTexts(): Texts {
  const parts: Part[] = [];
  let size = 0;
  return {
    size: () => size,
    set(place, text) {
      const index = Math.floor(place / textsOfPart);
      parts[index] ??= {};
      const part = parts[index];
      part.texts ??= part.joined ? split(part.joined) : [];
      part.joined = undefined;
      part.texts[place % textsOfPart] = text;
      size = Math.max(size, place + 1);
    },
    *eachNamed(name, take) {
      const line = lineOfName(name);
      for (const [index, part] of parts.entries()) {
        yield;
        const { text, starts } = joinTexts(part);
        let place = 0;
        for (let at = text.indexOf(line); at >= 0; at = text.indexOf(line, at + 1)) {
          while (starts[place + 1] <= at) place++;
          // Else it is the category that is called so.
          if (text.lastIndexOf('\n', at - 1) < starts[place]) take(index * textsOfPart + place);
        }
      }
    },
    *eachMatch(query, take) {
      for (const [index, part] of parts.entries()) {
        yield;
        matchesOf(joinTexts(part), query, (place, rank) => take(index * textsOfPart + place, rank));
      }
    },
  };
}

function joinTexts(part: Part): Joined {
  part.joined ??= joinedOf(part.texts!);
  part.texts = undefined;
  return part.joined;
}

function joinedOf(texts: readonly string[]): Joined {
  const starts = new Uint32Array(texts.length + 1);
  for (const [place, text] of texts.entries()) starts[place + 1] = starts[place] + mark.length + text.length;
  return { text: mark + texts.join(mark), starts };
}

function textAt({ text, starts }: Joined, place: number): string {
  return text.slice(starts[place] + mark.length, starts[place + 1]);
}

function split(joined: Joined): string[] {
  return Array.from({ length: joined.starts.length - 1 }, (_, place) => textAt(joined, place));
}

function matchesOf(joined: Joined, query: Query, take: (place: number, rank: number) => void): void {
  const { text, starts } = joined;
  const id = mark + query.id;
  const word = query.words.reduce((longest, each) => (each.text.length > longest.length ? each.text : longest), '');
  const idFrom = (from: number) => text.indexOf(id, from);
  const wordFrom = (from: number) => (word === '' ? -1 : text.indexOf(word, from));
  let [atId, atWord, place] = [idFrom(0), wordFrom(0), 0];
  // A text that matches begins with the id or has all words, so it has the longest one. What begins so need not match.
  while (atId >= 0 || atWord >= 0) {
    const at = atWord < 0 || (atId >= 0 && atId < atWord) ? atId : atWord;
    while (starts[place + 1] <= at) place++;
    const rank = rankOf(textAt(joined, place), query);
    if (rank >= 0) take(place, rank);
    place++;
    if (atId >= 0 && atId < starts[place]) atId = idFrom(starts[place]);
    if (atWord >= 0 && atWord < starts[place]) atWord = wordFrom(starts[place]);
  }
}
