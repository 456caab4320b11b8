import { ownCopy } from '../cleaning/cells.ts';
import { checkHeldBack } from '../csv/text.ts';
import { parseJson } from './parse.ts';
import { createSplitter } from './split.ts';

/** Receives the values of JSON. */
export interface ValueSink {
  /** Takes a value, the line on which it begins, counted from 1, and the length of its text. */
  value(value: unknown, line: number, length: number): void;
  /** Takes text that is not JSON, or too long to be an order. */
  malformed(line: number, text: string): void;
}

/** A longer line of JSON lines is not an order. */
const maxLine = 1 << 20;

/**
 * Reads JSON: one value per line, values one after the other, an array, or an object around an array of orders. A value
 * that is not JSON, or is longer than 1 MiB (if it has a line of its own) or 16 MiB, is malformed, and reading goes on after it.
 *
 * @throws `orders_unreadable` if a line of JSON lines does not end.
 */
export async function readJson(texts: AsyncIterable<string>, sink: ValueSink, source: string): Promise<void> {
  let head: string | undefined = '';
  let reader: { push(text: string): void; end(): void } | undefined;
  const start = () => {
    reader = haveLines(head!) ? createLineReader(sink, source) : createDocumentReader(sink);
    reader.push(head!);
    head = undefined;
  };
  for await (const text of texts) {
    if (reader !== undefined) reader.push(text);
    else {
      head += text;
      if (head!.length >= maxLine) start();
    }
  }
  if (reader === undefined) start();
  reader!.end();
}

/** Whether text, or a text that begins like this, has one JSON value per line. */
function haveLines(text: string): boolean {
  const from = text.search(/\S/);
  if (from === -1) return true;
  if (text[from] !== '{' && text[from] !== '[') return true;
  const [first = '', second] = nonBlankLines(text, from);
  if (second === undefined) return false;
  const isWhole = (line: string) => line.startsWith('{') && parsed(line) !== undefined;
  if (isWhole(first)) return true;
  // A pretty-printer breaks lines after these.
  if (/[{[,]$/.test(first)) return false;
  return isWhole(second) || (text[from] === '{' && second.startsWith('{'));
}

/** The first two lines of text that are not blank, of which the second may be cut off. */
function nonBlankLines(text: string, from: number): string[] {
  const lines: string[] = [];
  for (let start = from; start < text.length && lines.length < 2; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end === -1 ? undefined : end).trim();
    if (line !== '') lines.push(line);
    if (end === -1) break;
    start = end + 1;
  }
  return lines;
}

function createLineReader(sink: ValueSink, source: string) {
  let rest = '';
  let count = 0;
  const take = (text: string) => {
    count++;
    if (text.length > maxLine) sink.malformed(count, ownCopy(text.slice(0, 100)));
    else if (text.charCodeAt(0) > 32 || text.trim() !== '') parseInto(sink, text, count);
  };
  return {
    push(text: string): void {
      const all = rest === '' ? text : rest + text;
      let start = 0;
      for (let end = all.indexOf('\n'); end !== -1; end = all.indexOf('\n', start)) {
        take(all.slice(start, end));
        start = end + 1;
      }
      rest = all.slice(start);
      checkHeldBack(rest.length, source, 'line break');
    },
    end: () => take(rest),
  };
}

function createDocumentReader(sink: ValueSink) {
  return createSplitter({
    element: (text, line) => parseInto(sink, text, line),
    malformed: (text, line) => sink.malformed(line, ownCopy(text)),
  });
}

function parseInto(sink: ValueSink, text: string, line: number): void {
  const value = parsed(text);
  if (value === undefined) sink.malformed(line, ownCopy(text.slice(0, 100)));
  else sink.value(value, line, text.length);
}

/** The value of a text, undefined if it is not JSON. */
function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
