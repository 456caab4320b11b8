import type { Gate } from '../../model/model.ts';

/** What a retraining run says of itself, while it runs and when it has ended. */

export const stages = ['reading', 'training', 'measuring', 'writing'] as const;
/** What a run is doing: reads orders and purchases, trains, measures both models, or writes the new one. */
type Stage = (typeof stages)[number];

export interface RetrainingProgress {
  stage: Stage;
  /** The share of the stage that is done, 0 to 1; absent if nobody can say. */
  done?: number;
}

/** How a retraining run ended. Only `swapped` changed anything. */
export interface RetrainingOutcome {
  /**
   * `swapped`: the new model is in the place of the one before. `refused`: it may not be served, or its orders may not be
   * trusted. `unchanged`: there is nothing new to learn. `failed`: the run did not come to its end.
   */
  outcome: 'swapped' | 'refused' | 'failed' | 'unchanged';
  /** Why, in a sentence. */
  reason: string;
  /** Version of the model that was served when the run began; absent if its file could not be read. */
  before?: string;
  /** Version of the new model, if it was swapped in. */
  version?: string;
  /** What was found when the two models were compared; absent if the run did not come that far. */
  gate?: Gate;
  /** What was odd about the orders, in sentences. */
  notes: readonly string[];
  /** When it began, in milliseconds since 1970 UTC. */
  startedAt: number;
  seconds: number;
}

/** Of a running shop. Times are in milliseconds since 1970 UTC. */
export interface RetrainingStatus {
  /** What runs right now. */
  running?: RetrainingProgress & { startedAt: number };
  /** How the last run of this process ended. */
  last?: RetrainingOutcome;
  /** When the next one is due, if runs are scheduled. */
  next?: number;
  /** Runs of this process that have ended, by outcome. */
  runs: Readonly<Record<RetrainingOutcome['outcome'], number>>;
}

/** An outcome in a sentence or two. */
export function describeOutcome({ outcome, reason, version, before }: RetrainingOutcome): string {
  switch (outcome) {
    case 'swapped':
      return `Model ${version} takes the place of ${before}: ${reason}`;
    case 'refused':
      return `The new model is not served, and ${before} stays: ${reason}`;
    case 'unchanged':
      return `Model ${before} stays: ${reason}`;
    case 'failed':
      return `The model could not be retrained, and is as it was: ${reason}`;
  }
}
