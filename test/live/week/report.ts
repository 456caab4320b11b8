/** What a week is like, and what it was like. */
import type { RetrainingOutcome } from '../../../src/live/retraining/outcome.ts';
import type { Bustle, Latencies } from './witness.ts';
import type { WorldOptions } from './world.ts';

export interface WeekOptions extends WorldOptions {
  days: number;
  /** All of it takes less, however busy the machine is. */
  deadlineMs: number;
  /** How often a customer comes on a day, on average. */
  visits: number;
  /**
   * Lists of onlookers, which are asked for all the time. What is shown to customers must not depend on how long the week takes: it
   * leaves less that they bought by themselves, by which the server compares a file with the model that answers.
   */
  looksPerSecond: number;
  /** How long nothing else is done each night. */
  calmMs: number;
  /** Of `endcap train` and `endcap retrain`. */
  training: readonly string[];
  retraining: readonly string[];
  /** When what happens, by day from 0; what is at night comes after the day. */
  worseFile: number;
  wrongOrders: number;
  erasure: number;
  kill: number;
  /** The night in which the server itself runs the training; never by default. Its clock is looked at once a minute. */
  scheduled?: number;
}

export interface Night {
  night: number;
  outcome: RetrainingOutcome['outcome'];
  reason: string;
}

export interface Difference {
  difference: number;
  low: number;
  high: number;
}

export interface ExperimentFound {
  name: string;
  verdict: string;
  /** By the share of customers who buy from a list: what the report says, and the truth. */
  verdictOfRate: string;
  rate: Difference;
  truth: number;
  /** By arm: customers, their rate, and the true one. */
  arms: { name: string; customers: number; rate: number; truth: number }[];
  split: number;
  conclusions: string[];
}

export interface WeekReport {
  /** What was not as it should be. */
  faults: string[];
  days: number;
  requests: number;
  failures: number;
  interrupted: number;
  purchases: number;
  swaps: number;
  rollbacks: number;
  refused: string[];
  latencies: Record<Bustle, Latencies>;
  /** The longest turn of the server's event loop, and that of a thread of the test that does nothing, in ms. */
  longestTurn: number;
  longestIdleTurn: number;
  rssAtRest: number;
  rssPeak: number;
  nights: Night[];
  experiments: ExperimentFound[];
}
