/** The name of a column, to compare: without case, blanks, and punctuation. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Whether a column of this name may hold ids. */
export function isIdName(name: string): boolean {
  return /(id|no|nr|num|number|key|code|sku|uuid|guid|email|ean|asin|order|customer|product|item)$/.test(
    plainName(name),
  );
}
