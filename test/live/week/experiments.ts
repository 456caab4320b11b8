/** The scenarios and the experiments of the week, and what the server reports of them, next to what is true. */
import { assignment } from '../../../src/live/experiments/assignment.ts';
import { categories, type SampleProduct } from '../../../src/sample/products.ts';
import type { Difference, ExperimentFound } from './report.ts';
import type { WeekServer } from './server.ts';
import type { Truth } from './truth.ts';

interface ExperimentAnswer {
  arms: { name: string; customers: number; rate: { value: number } }[];
  comparisons: { arm: string; verdict: string; rate: Difference & { verdict: string } }[];
  split: number;
  conclusions: string[];
}

/** The file of the model of best-sellers. */
export const bestsellers = 'bestsellers.safetensors';

const arms = {
  taste: { popular: { share: 50, model: bestsellers }, taste: { share: 50 } },
  same: { one: { share: 50 }, other: { share: 50 } },
};

/** By experiment, the arm of a customer. */
export const armOf = { taste: assignment('taste', arms.taste), same: assignment('same', arms.same) };

const hiddenCategory = 'Kitchen Care';
const hidden = { filter: { not: { field: 'category', equals: hiddenCategory } } };

/** Whether the front page does not show it. */
export const isHidden = ({ category }: SampleProduct) => categories[category].name === hiddenCategory;

export const settings = {
  scenarios: {
    front: hidden,
    /** What `front` would have without the experiment. */
    shadow: hidden,
    side: {},
    load: {},
  },
  experiments: {
    taste: { arms: arms.taste, control: 'popular', for: ['front'] },
    same: { arms: arms.same, control: 'one', for: ['side'] },
  },
};

/** `taste` first, then `same`, between whose arms there is no difference. */
export async function reportsOf(
  { send }: Pick<WeekServer, 'send'>,
  truth: Truth<'popular' | 'taste'>,
): Promise<ExperimentFound[]> {
  const rates: Record<string, number> = truth.rates();
  const found: ExperimentFound[] = [];
  for (const name of ['taste', 'same']) {
    const { answer } = await send<ExperimentAnswer>('GET', `/experiments/${name}`);
    const [{ rate, verdict }] = answer.comparisons;
    found.push({
      ...{ name, verdict, verdictOfRate: rate.verdict, rate, split: answer.split, conclusions: answer.conclusions },
      truth: name === 'taste' ? rates.taste - rates.popular : 0,
      arms: answer.arms.map(({ name, customers, rate }) => {
        return { name, customers, rate: rate.value, truth: rates[name] ?? Number.NaN };
      }),
    });
  }
  return found;
}
