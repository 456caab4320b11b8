/** What `GET /admin/status` says of retraining. */
import * as z from 'zod';
import type { RetrainingOutcome, RetrainingStatus } from '../../live/retraining/outcome.ts';
import { version } from '../answers/answers.ts';

const time = z.string().meta({ format: 'date-time' });

const unshown = z
  .object({
    bought: z.int().min(0).meta({ description: 'Products that these customers bought.' }),
    shown: z.int().min(0).meta({ description: 'Those of them that a list had shown to the customer before.' }),
    customers: z.int().min(0).optional().meta({ description: 'Customers who bought others; absent if too few did.' }),
    gain: z.number().optional().meta({ description: 'The gain on the others, which then decides.' }),
    error: z.number().optional().meta({ description: 'The standard error of that gain.' }),
  })
  .meta({
    description:
      'The same without what lists had shown, which favours the served model; present if the new one finds less with it.',
  });

const gate = z
  .object({
    outcome: z.enum(['better', 'tie', 'worse', 'too_few', 'damaged']),
    reason: z.string(),
    customers: z.int().min(0).optional().meta({ description: 'Customers for whom both models made lists.' }),
    gain: z.number().optional().meta({ description: 'How much higher recall + NDCG@10 of the new lists are.' }),
    error: z.number().optional().meta({ description: 'The standard error of the gain.' }),
    unshown: unshown.optional(),
  })
  .meta({ description: 'How the new model compares with the one that is served; absent if it did not come that far.' });

export const retrainingAnswer = z
  .object({
    running: z
      .object({
        stage: z.enum(['reading', 'training', 'measuring', 'writing']),
        done: z.number().min(0).max(1).optional().meta({ description: 'The share of the stage that is done.' }),
        started_at: time,
      })
      .optional()
      .meta({ description: 'The run that is under way.' }),
    last: z
      .object({
        outcome: z.enum(['swapped', 'refused', 'failed', 'unchanged']),
        reason: z.string(),
        version: version.optional().meta({ description: 'Of the new model, if it was swapped in.' }),
        gate: gate.optional(),
        started_at: time,
        seconds: z.number().min(0),
      })
      .optional()
      .meta({ description: 'How the last run of this server ended.' }),
    next: time.optional().meta({ description: 'When the next one is due, if runs are scheduled.' }),
  })
  .optional()
  .meta({ description: 'Absent if there was no run, and none is scheduled.' });

export function retrainingOnWire(status: RetrainingStatus | undefined): z.infer<typeof retrainingAnswer> {
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

function gateOnWire(found: RetrainingOutcome['gate']): z.infer<typeof gate> | undefined {
  if (!found) return undefined;
  const { outcome, reason, question, results, unshown } = found;
  const { customers, gain, error } = results.find((result) => result.question === question) ?? {};
  return { outcome, reason, customers, gain, error, unshown: unshown && unshownOnWire(unshown) };
}

function unshownOnWire({ bought, shown, result }: Unshown): z.infer<typeof unshown> {
  return { bought, shown, customers: result?.customers, gain: result?.gain, error: result?.error };
}

type Unshown = NonNullable<NonNullable<RetrainingOutcome['gate']>['unshown']>;

const timeText = (ms: number) => new Date(ms).toISOString();
