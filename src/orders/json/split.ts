import { isListKey, isRecordKey } from './names.ts';

/** A longer element is not an order, or does not end. */
const maxElement = 16 << 20;

/** Where an element ends and the next one begins, in JSON that is broken or that has no commas between its values. */
const nextElement = /\}\s*,?\s*\{/g;

/** Receives the elements of a document. */
interface ElementSink {
  /** Takes the text of an element, and its first line, from 1. */
  element(text: string, line: number): void;
  /** Takes the beginning of an element that does not end, or is longer than 16 MiB. */
  malformed(text: string, line: number): void;
}

/** An object that is read through, because a list of orders may be in it. */
interface Wrapper {
  kind: 'wrapper';
  /** Where its text begins; -1 if that is not kept, since it is longer than any order. */
  start: number;
  line: number;
  /** The key whose value comes next; undefined if a key comes next. */
  key?: string;
}

/** A value that is being passed over. */
interface Passing {
  /** Whether it is an element, and not something in a wrapper that is not a list. */
  isElement: boolean;
  start: number;
  line: number;
  /** Up to where it has been passed. */
  next: number;
  /** The brackets that are open: their character codes. */
  brackets: number[];
  inString: boolean;
  /** Whether a bracket was closed by one of the other kind. */
  isBroken: boolean;
}

/**
 * Finds the orders in JSON that does not have one per line, wherever the text is cut: the elements of an array, of the
 * first array under a usual key of an object (`{"orders": [...]}`, `{"data": {"orders": {"nodes": [...]}}}`), or objects
 * one after the other. Nothing is parsed: brackets are counted outside of strings. A string ends with its line, so that
 * a stray quote costs one element; an element that does not end costs the text up to the next `},{`.
 *
 * Memory: an element of up to 16 MiB, and the text that is pushed.
 */
export function createSplitter(sink: ElementSink) {
  let text = '';
  let at = 0;
  /** The last line that was asked for, where it begins, and where it ends: undefined if that has not been searched for. */
  let line = 1;
  let lineAt = 0;
  let lineBreak: number | undefined;
  const open: (Wrapper | { kind: 'list' })[] = [];
  /** Whether a list was found, so that what is around it need not be kept. */
  let found = false;
  let value: Passing | undefined;
  let resumed = false;
  /** Whether the text ends within an element. */
  let isCut = false;

  function lineOf(position: number): number {
    lineBreak ??= breakAfter(lineAt);
    while (lineBreak < position) {
      line++;
      lineAt = lineBreak + 1;
      lineBreak = breakAfter(lineAt);
    }
    return line;
  }

  function breakAfter(position: number): number {
    const found = text.indexOf('\n', position);
    return found === -1 ? Number.POSITIVE_INFINITY : found;
  }

  function begin(isElement: boolean, start = at, itsLine = lineOf(at)): void {
    value = { isElement, start, line: itsLine, next: start, brackets: [], inString: false, isBroken: false };
  }

  /** Where the value ends; -1 if its end is not there yet, or it is broken. */
  function endOfValue(own: Passing, last: boolean): number {
    const { brackets } = own;
    let { next, inString } = own;
    let end = -1;
    for (; next < text.length && end === -1; next++) {
      const code = text.charCodeAt(next);
      if (inString) {
        if (code === 92) {
          if (next + 1 === text.length) break;
          // An escaped line break is as broken as any other.
          if (text.charCodeAt(next + 1) !== 10) next++;
        } else if (code === 34 || code === 10) {
          inString = false;
          if (brackets.length === 0) end = next + 1;
        }
      } else if (code === 34) inString = true;
      else if (code === 123 || code === 91) brackets.push(code);
      else if (code === 125 || code === 93) {
        // In ASCII, a closing bracket comes two places after its opening one.
        const opening = brackets.pop();
        if (opening === undefined) end = next;
        else if (opening !== code - 2 && own.isElement) {
          own.isBroken = true;
          break;
        } else if (brackets.length === 0) end = next + 1;
      } else if (brackets.length === 0 && (code === 44 || code === 10)) end = next;
    }
    if (end === -1 && last && brackets.length === 0 && !inString && !own.isBroken) end = text.length;
    own.next = next;
    own.inString = inString;
    return end;
  }

  /** Passes over the value; false if its end is not there yet. */
  function passValue(passing: Passing, last: boolean): boolean {
    const { isElement, start, line: itsLine } = passing;
    const end = endOfValue(passing, last);
    if (!isElement) {
      at = end === -1 ? passing.next : end;
      if (end !== -1) value = undefined;
      return end !== -1;
    }
    const length = (end === -1 ? text.length : end) - start;
    if (end === -1 && length <= maxElement && !last && !passing.isBroken) return false;
    if (end === -1) {
      isCut = last && !passing.isBroken;
      sink.malformed(text.slice(start, start + 100), itsLine);
      resume(passing);
      return true;
    }
    value = undefined;
    const element = text.slice(start, end).trim();
    at = end;
    resumed = false;
    if (length > maxElement) sink.malformed(element.slice(0, 100), itsLine);
    else if (element !== '') sink.element(element, itsLine);
    return true;
  }

  /** Goes on after an element whose end was not found: at the next one, or else where this one seems to end. */
  function resume(passing: Passing): void {
    nextElement.lastIndex = passing.start + 1;
    const next = resumed ? null : nextElement.exec(text);
    resumed = next !== null;
    if (next === null && !passing.isBroken) passing.isElement = false;
    else value = undefined;
    at = next === null ? passing.next : nextElement.lastIndex - 1;
  }

  /** Reads on within a list, or between the values of the text. */
  function inList(code: number, isTop: boolean): void {
    if (code === 44 || code === 125 || (code === 93 && isTop)) at++;
    else if (code === 93) {
      open.pop();
      at++;
    } else if (isTop && code === 91) {
      open.push({ kind: 'list' });
      at++;
    } else if (isTop && code === 123) {
      found = false;
      open.push({ kind: 'wrapper', start: at, line: lineOf(at) });
      at++;
    } else begin(true);
  }

  /** Reads on within a wrapper; false if more text is needed. */
  function inWrapper(wrapper: Wrapper, code: number): boolean {
    const { key } = wrapper;
    if (code === 125) {
      open.pop();
      at++;
      if (open.length === 0 && !found) endWithoutList(wrapper);
    } else if (code === 44) {
      wrapper.key = undefined;
      at++;
    } else if (code === 58) at++;
    else if (key === undefined && code === 34) {
      const end = endOfString();
      if (end === -1) return false;
      wrapper.key = text.slice(at + 1, end - 1);
      at = end;
      if (isRecordKey(wrapper.key) && !found && wrapper.start !== -1) {
        // It is an order itself, and lists in it are its own.
        open.pop();
        found = true;
        begin(true, wrapper.start, wrapper.line);
      }
    } else if (key !== undefined && isListKey(key) && !found && code === 91) {
      wrapper.key = undefined;
      found = true;
      open.push({ kind: 'list' });
      at++;
    } else if (key !== undefined && isListKey(key) && !found && code === 123) {
      wrapper.key = undefined;
      open.push({ kind: 'wrapper', start: at, line: lineOf(at) });
      at++;
    } else if (code === 93) at++;
    else begin(false);
    return true;
  }

  /** Where the key at `at` ends; -1 if its end is not there yet. */
  function endOfString(): number {
    for (let i = at + 1; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 92) i++;
      else if (code === 34 || code === 10) return i + 1;
    }
    return text.length - at > maxElement ? text.length : -1;
  }

  function proceed(last: boolean): void {
    while (at < text.length || value !== undefined) {
      if (value !== undefined) {
        if (!passValue(value, last)) break;
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === 32 || (code >= 9 && code <= 13) || code === 0xfeff) {
        at++;
        continue;
      }
      const inner = open.at(-1);
      if (inner?.kind === 'wrapper') {
        if (!inWrapper(inner, code)) break;
      } else inList(code, inner === undefined);
    }
    forget();
  }

  /** Takes an object without a list of orders: it is an order, if it is short enough. */
  function endWithoutList({ start, line: itsLine }: Wrapper): void {
    if (start === -1) sink.malformed('{', itsLine);
    else begin(true, start, itsLine);
  }

  /** Drops the text that is not needed any more. */
  function forget(): void {
    const from = value?.isElement ? value.start : at;
    const starts = found ? [] : open.flatMap((one) => (one.kind === 'wrapper' && one.start !== -1 ? [one.start] : []));
    let drop = Math.min(from, ...starts);
    if (from - drop > maxElement) drop = from;
    lineOf(drop);
    text = text.slice(drop);
    for (const one of open) if (one.kind === 'wrapper') one.start = one.start < drop ? -1 : one.start - drop;
    if (value !== undefined) {
      value.start -= drop;
      value.next -= drop;
    }
    at -= drop;
    lineAt -= drop;
    if (lineBreak !== undefined) lineBreak -= drop;
  }

  return {
    push(more: string): void {
      // There may be a line break in what is added.
      if (lineBreak === Number.POSITIVE_INFINITY) lineBreak = undefined;
      text += more;
      proceed(false);
    },
    /** Takes the end of the text. */
    end(): void {
      proceed(true);
      const [outer] = open;
      if (outer === undefined || isCut) return;
      if (!found && outer.kind === 'wrapper' && outer.start !== -1) {
        sink.malformed(text.slice(outer.start, outer.start + 100), outer.line);
      } else sink.malformed('the end, before a bracket is closed', lineOf(text.length));
    },
  };
}
