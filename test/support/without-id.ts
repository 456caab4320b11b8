/** A list without its id, which no other list has. */
export function withoutId<List extends { recommendationId: string }>(list: List): Omit<List, 'recommendationId'> {
  const { recommendationId: _, ...rest } = list;
  return rest;
}
