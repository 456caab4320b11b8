import { productLimits } from '../../catalogue/limits.ts';

/** How an export writes the categories of a product in one cell. */
export interface CategoryMarks {
  /** Between one category and the next. */
  readonly between: string;
  /** Between a category and one within it. */
  readonly within: string;
  /** A root that all categories are in, which says nothing. */
  readonly root?: string;
}

/** Where no platform is recognized. A comma may belong to a name. */
export const usualMarks: CategoryMarks = { between: '|;', within: '>' };

/**
 * The categories in a cell, each once, at most 20: those of the first path from the innermost outwards, then those of the
 * others, so that the first is the most specific, and a filter finds a product by any of them.
 *
 * @returns undefined if one is longer than 200 characters.
 *
 * @example
 * categoriesIn('Clothing > Hoodies, Sale', { between: ',', within: '>' }); // ['Hoodies', 'Clothing', 'Sale']
 */
export function categoriesIn(cell: string, { between, within, root }: CategoryMarks): string[] | undefined {
  const found = new Set<string>();
  for (const path of split(cell, between)) {
    const steps = split(path, within)
      .map((step) => step.replace(/\\(?=[,;/])/g, '').trim())
      .filter((step) => step !== '');
    if (steps.length > 1 && steps[0] === root) steps.shift();
    for (const step of steps.reverse()) found.add(step);
  }
  const categories = [...found].slice(0, productLimits.categories);
  return categories.some((category) => category.length > productLimits.category) ? undefined : categories;
}

/** Splits at any of the marks that no backslash is before. */
function split(text: string, marks: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (marks.includes(text[at])) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
