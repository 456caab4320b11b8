/** What somebody should look at: what fails, what was refused, what waits, and what the lists lack for it. */
import type { ShopStatus } from '../../../live/shop-answers.ts';
import type { Model } from '../../../model/model.ts';
import { dayMs } from '../../../orders/times/calendar.ts';
import { percent, plural } from '../../../wording.ts';
import { firstLine, sentence } from '../words.ts';
import { ago } from './words.ts';

export interface Note {
  /** Whether something is broken, or lost until somebody acts. */
  readonly isUrgent: boolean;
  /** Sentences. */
  readonly text: string;
}

/** A model that is older misses what customers buy meanwhile. */
const oldDays = 7;
/** A file that lacks so many of the products that the model knows was probably not meant to. */
const manyMissing = 0.2;

/**
 * @param status absent if no shop answers, but a recommender.
 * @param now in milliseconds since 1970 UTC.
 */
export function notesOf(
  { metadata, products }: Pick<Model, 'metadata' | 'products'>,
  status: ShopStatus | undefined,
  now: number,
): Note[] {
  const notes: Note[] = [];
  const urgent = (text: string) => notes.push({ isUrgent: true, text });
  const note = (text: string) => notes.push({ isUrgent: false, text });
  if (status) {
    const { isFailing, scenarios, modelFile, attribution, retraining, model, catalogue } = status;
    if (isFailing)
      urgent(
        'The store fails: purchases are refused until it works again, and lists go on. The log of the server says why.',
      );
    if (scenarios.problem !== undefined)
      urgent(`The scenarios of the store are not used: ${sentence(firstLine(scenarios.problem))}`);
    if (modelFile?.problem !== undefined && modelFile.pending > 0)
      urgent(
        `${plural(modelFile.pending, 'One erased customer is', '# erased customers are')} still in the file of the model, which could not be written: ${sentence(firstLine(modelFile.problem))}`,
      );
    else if (modelFile && modelFile.pending > 0)
      note(
        `${plural(modelFile.pending, 'One erased customer is', '# erased customers are')} still in the file of the model. It is being written without them; no list and no page has them any more.`,
      );
    if (attribution.problem !== undefined)
      urgent(
        `The lists that customers are shown are not kept, so that nobody can tell what they lead to: ${sentence(firstLine(attribution.problem))}`,
      );
    if (attribution.dropped > 0)
      note(
        `${plural(attribution.dropped, 'One list that was shown was', '# lists that were shown were')} not kept, since too many waited to be written: the store is slow.`,
      );
    if (model.refused)
      urgent(
        `A new model was refused ${ago(now - model.refused.at)}, and the one before answers: ${sentence(firstLine(model.refused.reason))}`,
      );
    const last = retraining?.last;
    // A model that was refused in a run is told of once.
    if (last?.outcome === 'failed' || (last?.outcome === 'refused' && !model.refused))
      urgent(
        `The last training, ${ago(now - last.startedAt)}, ${last.outcome === 'failed' ? 'failed' : 'made a model that is not served'}: ${sentence(firstLine(last.reason))}`,
      );
    const age = now - Date.parse(metadata.trainedAt);
    if (age > oldDays * dayMs && status.newPurchases > 0 && retraining?.next === undefined)
      note(
        `The model was trained ${ago(age)}, and purchases arrive. They count in lists, but only a new model learns from them what goes together, and lists products that it does not know yet: endcap retrain trains one, and --retrain does so every night.`,
      );
    if (catalogue.notInFile > 0)
      notes.push({
        isUrgent: catalogue.notInFile > manyMissing * products.length,
        text: `${plural(catalogue.notInFile, 'One product', '# products')} that the model knows (${percent(catalogue.notInFile / products.length)}) ${catalogue.notInFile === 1 ? 'is' : 'are'} not in the product file, and so in no list.`,
      });
    if (catalogue.unknown > 0)
      note(
        `The model does not know ${plural(catalogue.unknown, 'one product', '# products')} of the catalogue: nobody had bought them when it was trained. Until the next training, only lists of new products (the scenario new) have them.`,
      );
  }
  if (metadata.unchosen === 'too_early')
    note(
      'There are too few orders to know tastes yet: lists go by what sells best and by what customers bought themselves.',
    );
  return notes;
}
