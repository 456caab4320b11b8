/** The result of work that is done in pieces, without a break. */
export function resultOf<Result>(work: Generator<undefined, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** How many pieces work is done in. */
export function piecesOf(work: Generator<undefined, unknown>): number {
  let pieces = 1;
  while (!work.next().done) pieces++;
  return pieces;
}
