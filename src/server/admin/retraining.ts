/** What `GET /admin/status` says of retraining. */
import * as v from 'valibot';
import type { RetrainingOutcome, RetrainingStatus } from '../../live/retraining/outcome.ts';
import { int, number } from '../../live/schemas.ts';
import { version } from '../answers/answers.ts';

const time = v.pipe(v.string(), v.metadata({ format: 'date-time' }));

const unshown = v.pipe(
  v.object({
    bought: v.pipe(int(), v.minValue(0), v.description('Products that these customers bought.')),
    shown: v.pipe(int(), v.minValue(0), v.description('Those of them that a list had shown to the customer before.')),
    customers: v.optional(
      v.pipe(int(), v.minValue(0), v.description('Customers who bought others; absent if too few did.')),
    ),
    gain: v.optional(v.pipe(number(), v.description('The gain on the others, which then decides.'))),
    error: v.optional(v.pipe(number(), v.description('The standard error of that gain.'))),
  }),
  v.description(
    'The same without what lists had shown, which favours the served model; present if the new one finds less with it.',
  ),
);

const gate = v.pipe(
  v.object({
    outcome: v.picklist(['better', 'tie', 'worse', 'too_few', 'damaged']),
    reason: v.string(),
    customers: v.optional(v.pipe(int(), v.minValue(0), v.description('Customers for whom both models made lists.'))),
    gain: v.optional(v.pipe(number(), v.description('How much higher recall + NDCG@10 of the new lists are.'))),
    error: v.optional(v.pipe(number(), v.description('The standard error of the gain.'))),
    unshown: v.optional(unshown),
  }),
  v.description('How the new model compares with the one that is served; absent if it did not come that far.'),
);

export const retrainingAnswer = v.optional(
  v.pipe(
    v.object({
      running: v.optional(
        v.pipe(
          v.object({
            stage: v.picklist(['reading', 'training', 'measuring', 'writing']),
            done: v.optional(
              v.pipe(number(), v.minValue(0), v.maxValue(1), v.description('The share of the stage that is done.')),
            ),
            started_at: time,
          }),
          v.description('The run that is under way.'),
        ),
      ),
      last: v.optional(
        v.pipe(
          v.object({
            outcome: v.picklist(['swapped', 'refused', 'failed', 'unchanged']),
            reason: v.string(),
            version: v.optional(v.pipe(version, v.description('Of the new model, if it was swapped in.'))),
            gate: v.optional(gate),
            started_at: time,
            seconds: v.pipe(number(), v.minValue(0)),
          }),
          v.description('How the last run of this server ended.'),
        ),
      ),
      next: v.optional(v.pipe(time, v.description('When the next one is due, if runs are scheduled.'))),
    }),
    v.description('Absent if there was no run, and none is scheduled.'),
  ),
);

export function retrainingOnWire(status: RetrainingStatus | undefined): v.InferOutput<typeof retrainingAnswer> {
  if (!status) return undefined;
  const { running, last, next } = status;
  return {
    ...(running && { running: { stage: running.stage, done: running.done, started_at: timeText(running.startedAt) } }),
    ...(last && {
      last: {
        ...{ outcome: last.outcome, reason: last.reason, version: last.version, gate: gateOnWire(last.gate) },
        ...{ started_at: timeText(last.startedAt), seconds: last.seconds },
      },
    }),
    ...(next !== undefined && { next: timeText(next) }),
  };
}

function gateOnWire(found: RetrainingOutcome['gate']): v.InferOutput<typeof gate> | undefined {
  if (!found) return undefined;
  const { outcome, reason, question, results, unshown } = found;
  const { customers, gain, error } = results.find((result) => result.question === question) ?? {};
  return { outcome, reason, customers, gain, error, unshown: unshown && unshownOnWire(unshown) };
}

function unshownOnWire({ bought, shown, result }: Unshown): v.InferOutput<typeof unshown> {
  return { bought, shown, customers: result?.customers, gain: result?.gain, error: result?.error };
}

type Unshown = NonNullable<NonNullable<RetrainingOutcome['gate']>['unshown']>;

const timeText = (ms: number) => new Date(ms).toISOString();
