/** How a cluster trained factors for Endcap: the table `training`, which lies next to the customers' factors. */
import { dirname, join } from 'node:path';
import { type PartsOptions, tableUnreadable, withParts } from '../parts.ts';

/** The numbers of the equation of a customer's factors; see `Convention`. */
interface Training {
  /** What the weight of a pair was multiplied by. */
  readonly alpha: number;
  /** What the penalty is a multiple of. */
  readonly regularization: number;
  readonly unobservedWeight: number;
  readonly frequencyExponent: number;
}

const largest = { alpha: 1e9, regularization: 1e9, unobserved_weight: 1e30, frequency_exponent: 2 };

/** @throws `table_unreadable` unless it is one row with all of them. */
export function readTraining(customers: string, options: PartsOptions): Promise<Training> {
  const source = join(dirname(customers), 'training');
  return withParts(source, options, async (table) => {
    if (table.rows !== 1)
      throw tableUnreadable(source, `has ${table.rows} rows; expected one: what the training wrote`);
    const kinds = { alpha: 'number', regularization: 'number' } as const;
    const more = { unobserved_weight: 'number', frequency_exponent: 'number' } as const;
    const { value } = await table.read({ ...kinds, ...more }).next();
    const columns: Record<keyof typeof largest, Float64Array> = value!.columns;
    for (const [name, most] of Object.entries(largest)) {
      const [number] = columns[name as keyof typeof largest];
      if (!(number >= 0 && number <= most))
        throw tableUnreadable(source, `has ${number} as ${name}; it is from 0 to ${most}`);
    }
    const [[alpha], [regularization]] = [columns.alpha, columns.regularization];
    const [[unobservedWeight], [frequencyExponent]] = [columns.unobserved_weight, columns.frequency_exponent];
    return { alpha, regularization, unobservedWeight, frequencyExponent };
  });
}
