import type { Dataset } from '../../dataset/dataset.ts';
import { strideOf } from '../../kernel/operations/operations.ts';
import type { AlsSettings } from '../../training/als-options.ts';
import { iterationWork } from '../../training/solver.ts';
import { maxTrials } from './grid.ts';

/** Numbers of factors that are tried one after the other, each if the one before found more of the held-out orders. */
const ladder = [256, 512, 1024];
/** Fewer products than this for each factor do not need it. */
const productsPerFactor = 20;
/** The embeddings of customers and products together take no more, so that any machine that holds the shop has room. */
const maxBytes = 2 ** 30;
/**
 * Floating-point operations that a minute of the budget stands for: two cores at 25 billion a second each. Counting them
 * rather than the seconds gives the same model on every machine.
 */
const workPerMinute = 3e12;

/** Numbers of factors worth trying, and what they cost. */
export interface FactorsToTry {
  /** Ascending; empty if the number of factors is given. */
  readonly factors: readonly number[];
  /** The estimate in minutes of the budget: of a search that ends with this number of factors, and the training with it. */
  minutesFor(factors: number): number;
  readonly budget: number;
  /** The next number that the catalogue is large enough for, but not the budget. */
  readonly beyond?: number;
}

/**
 * The numbers of factors that may replace the default, by the size of the catalogue and the budget in minutes.
 *
 * @param isOpen false if the number is given.
 */
export function factorsToTry(
  { purchases, byProduct }: Pick<Dataset, 'purchases' | 'byProduct'>,
  settings: AlsSettings,
  budget: number,
  isOpen = true,
): FactorsToTry {
  const sides = [purchases, byProduct];
  const rows = purchases.offsets.length + byProduct.offsets.length - 2;
  const products = byProduct.offsets.length - 1;
  const trainingWork = (factors: number) => settings.iterations * iterationWork({ ...settings, factors }, sides);
  const searchWork = maxTrials * trainingWork(settings.factors);
  const minutesFor = (factors: number) => {
    const tried = ladder.filter((each) => each > settings.factors && each <= factors);
    const work = searchWork + tried.reduce((sum, each) => sum + trainingWork(each), 0) + trainingWork(factors);
    return work / workPerMinute;
  };
  const wanted = isOpen ? ladder.filter((each) => isUseful(each, rows, products)) : [];
  const affordable = wanted.filter((each) => minutesFor(each) <= budget);
  const beyond = wanted[affordable.length];
  return { factors: affordable, minutesFor, budget, ...(beyond !== undefined && { beyond }) };
}

function isUseful(factors: number, rows: number, products: number): boolean {
  return factors * productsPerFactor <= products && rows * strideOf(factors) * 4 <= maxBytes;
}
