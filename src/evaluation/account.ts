import { rowsWithPairs } from '../dataset/dataset.ts';
import type { HeldOut, Targets } from '../dataset/split.ts';
import type { HeldOutWindows } from '../measuring/protocols/windows.ts';
import { type EvaluationQuestion, questions, targetsOf } from '../measuring/questions.ts';
import { plural } from '../wording.ts';
import type { EvaluationAccount } from './types.ts';

type Counts = Omit<EvaluationAccount, 'unmeasured' | 'notes'>;

/**
 * What can be measured and what cannot.
 *
 * @param contestantNotes what is missing among the contestants, in plain sentences.
 */
export function accountOf(
  { windows, unmeasured, notes }: HeldOutWindows,
  contestantNotes: readonly string[],
): EvaluationAccount {
  const counts = countsOf(windows);
  return { ...counts, unmeasured, notes: [...notes, ...contestantNotes, ...notesOf(counts)] };
}

function countsOf(windows: readonly HeldOut[]): Counts {
  const { purchases, byProduct, history } = windows[windows.length - 1].train;
  const customers = rowsWithPairs(purchases.offsets);
  const targets = (question: EvaluationQuestion) => {
    const parts = windows.map((heldOut) => targetsOf(heldOut, question));
    const targets = parts.reduce((sum, { products }) => sum + products.length, 0);
    return { customers: distinctCustomers(parts), targets };
  };
  return {
    training: {
      customers,
      products: rowsWithPairs(byProduct.offsets),
      orders: history ? history.starts.length - 1 : customers,
      pairs: purchases.products.length,
    },
    measured: distinctCustomers(windows),
    targets: { all: targets('all'), explore: targets('explore'), repeat: targets('repeat') },
    unseenTargets: windows.reduce((sum, heldOut) => sum + unseenTargets(heldOut), 0),
  };
}

function distinctCustomers(parts: readonly Targets[]): number {
  return new Set(parts.flatMap(({ customers }) => [...customers])).size;
}

function unseenTargets({ train: { byProduct }, products }: HeldOut): number {
  return products.filter((row) => byProduct.offsets[row] === byProduct.offsets[row + 1]).length;
}

function notesOf({ training, targets, unseenTargets }: Counts): string[] {
  const notes: string[] = [];
  if (training.products === 1) notes.push('There is only one product to train on, so there is nothing to rank.');
  for (const question of questions) {
    if (targets[question].targets > 0) continue;
    notes.push(
      question === 'explore'
        ? 'No customer then bought a product for the first time, so explore cannot be measured.'
        : 'No customer then bought a product again, so repeat cannot be measured.',
    );
  }
  if (unseenTargets > 0) {
    notes.push(
      plural(
        unseenTargets,
        'One target is a product that nobody had bought before; a list can contain it only by chance.',
        '# targets are products that nobody had bought before; lists can contain them only by chance.',
      ),
    );
  }
  return notes;
}
