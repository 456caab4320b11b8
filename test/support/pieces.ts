/** The result of work that is done in pieces, without a break. */
export function resultOf<Result>(work: Generator<undefined, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
