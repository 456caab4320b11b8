/**
 * A time of purchases that a shop takes, and that trend does not count before the test is over: trend counts what was bought
 * before the last full minute, so that lists before and after a minute has passed differ.
 */
export const afterThisTest = () => Date.now() + 240_000;
