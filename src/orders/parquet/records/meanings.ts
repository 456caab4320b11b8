import { type Codes, type Content, cellAt, type Dictionary, type Texts } from '../pages/contents.ts';

/** What the cells of a column mean, as numbers. */
export interface Meanings {
  /** By slot of a batch. */
  readonly values: Float64Array;
  /** Begins a batch with these slots. */
  fill(content: Content, from: number, count: number): void;
}

export interface MeaningOf {
  /** Of a cell without a value. */
  readonly blank: number;
  text(bytes: Uint8Array, start: number, end: number): number;
  cell(cell: unknown): number;
}

/** The meaning of an entry of a dictionary that no slot has referred to yet. */
const unknown = Number.NEGATIVE_INFINITY;

/**
 * Works out what cells mean: once for each entry of a dictionary, and from the bytes of text.
 *
 * @param of pure, but for numbers that it gives to ids. Never -Infinity.
 */
export function createMeanings(of: MeaningOf, batch: number): Meanings {
  const values = new Float64Array(batch);
  let dictionary: Dictionary | undefined;
  let known = new Float64Array(0);
  return {
    values,
    fill(content, from, count) {
      if (content.kind === 'texts') fillTexts(values, content, from, count, of);
      else if (content.kind === 'codes') {
        if (content.dictionary !== dictionary) {
          dictionary = content.dictionary;
          known = new Float64Array(dictionary.size + 1).fill(unknown);
          known[dictionary.size] = of.blank;
        }
        fillCodes(values, content, from, count, known, of);
      } else fillValues(values, content, from, count, of);
    },
  };
}

// Not closures: V8 compiles these once for all columns.

function fillCodes(
  values: Float64Array,
  { codes, dictionary }: Codes,
  from: number,
  count: number,
  known: Float64Array,
  of: MeaningOf,
): void {
  for (let i = 0; i < count; i++) {
    const code = codes[from + i];
    let value = known[code];
    if (value === unknown) value = known[code] = meaningOf(dictionary, code, of);
    values[i] = value;
  }
}

function meaningOf(dictionary: Dictionary, code: number, of: MeaningOf): number {
  const texts = dictionary.texts();
  if (texts === undefined) return meaningOfCell(dictionary.cells()[code], of);
  const { bytes, starts, ends } = texts;
  return ends[code] === starts[code] ? of.blank : of.text(bytes, starts[code], ends[code]);
}

function fillTexts(
  values: Float64Array,
  { bytes, starts, ends }: Texts,
  from: number,
  count: number,
  of: MeaningOf,
): void {
  for (let i = 0; i < count; i++) {
    const start = starts[from + i];
    const end = ends[from + i];
    values[i] = end <= start ? of.blank : of.text(bytes, start, end);
  }
}

function fillValues(values: Float64Array, content: Content, from: number, count: number, of: MeaningOf): void {
  for (let i = 0; i < count; i++) values[i] = meaningOfCell(cellAt(content, from + i), of);
}

function meaningOfCell(cell: unknown, of: MeaningOf): number {
  return cell === null || cell === undefined ? of.blank : of.cell(cell);
}
