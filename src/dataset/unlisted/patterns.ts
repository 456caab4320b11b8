import { cleanId } from '../../orders/cleaning/ids.ts';

/** Product ids, in which `*` stands for any text. */
export interface Patterns {
  match(id: string): boolean;
  /** The patterns that matched no id so far. */
  unmatched(): string[];
}

export function createPatterns(patterns: readonly string[]): Patterns {
  const ids = new Set<string>();
  const wildcards: { pattern: string; parts: string[] }[] = [];
  for (const given of patterns) {
    const pattern = cleanId(given) ?? given;
    if (pattern.includes('*')) wildcards.push({ pattern, parts: pattern.split('*') });
    else ids.add(pattern);
  }
  const matched = new Set<string>();
  return {
    match(id) {
      const found = ids.has(id) ? id : wildcards.find(({ parts }) => fits(id, parts))?.pattern;
      if (found !== undefined) matched.add(found);
      return found !== undefined;
    },
    unmatched: () => [...ids, ...wildcards.map(({ pattern }) => pattern)].filter((pattern) => !matched.has(pattern)),
  };
}

/** Whether text has the first part at its beginning, the last one at its end, and the others in this order between them. */
function fits(text: string, parts: readonly string[]): boolean {
  const [first, last] = [parts[0], parts[parts.length - 1]];
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
