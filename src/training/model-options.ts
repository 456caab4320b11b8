import type { Model } from '../model/model.ts';
import { blendText, defaultBlend, rankingNames } from '../ranking/weights.ts';
import { alsSettings } from './als-options.ts';
import { checkTrainOptions, type TrainOptions } from './fit-on.ts';
import { quantitySettings } from './quantity.ts';

/**
 * The options that a model was trained with, given or picked, for another training: none is searched for then. Whether trees
 * are tried is not among them. A model of an earlier version may lack some, which are left open.
 *
 * @throws `invalid_options` if the model has a value that training does not take.
 * @example
 * const next = await train(await readOrders('orders.csv'), optionsOf(model));
 */
export function optionsOf({ algorithm, metadata }: Pick<Model, 'algorithm' | 'metadata'>): TrainOptions {
  const { guards } = metadata;
  const names =
    algorithm === 'als' ? [...Object.keys(alsSettings({})), ...rankingNames] : Object.keys(quantitySettings({}));
  const known = Object.entries(metadata.options).filter(([name]) => names.includes(name));
  const options = {
    algorithm,
    ...Object.fromEntries(known.map(([name, value]) => [name, name === 'blend' ? blendOf(String(value)) : value])),
    ...(algorithm === 'als' && guards && { guards }),
  } as TrainOptions;
  checkTrainOptions(options);
  return options;
}

/** Whether a model was trained with these options. Those that are left out, and those that it does not keep, do not matter. */
export function hasOptions({ options: used }: Pick<Model['metadata'], 'options'>, options: TrainOptions): boolean {
  return Object.entries(options).every(([name, value]) => {
    if (value === undefined || !(name in used)) return true;
    return used[name] === (name === 'blend' ? blendText({ ...defaultBlend, ...(value as object) }) : value);
  });
}

/** The weights of a text that `blendText` wrote. */
function blendOf(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .split(',')
      .map((pair) => pair.split('='))
      .map(([name, weight]) => [name, Number(weight)]),
  );
}
