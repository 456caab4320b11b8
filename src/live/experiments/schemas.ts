/** Experiments as they are in files and requests. */
import * as v from 'valibot';
import { exactly, number, record } from '../schemas.ts';
import { isPeriod, nameText, period, periodError, settingName } from '../setting-fields.ts';

const maxArms = 10;
const share = 'percent of the customers: a number above 0, at most 100';
const path = 'the path of a model file';
const effect = 'percent: a number from 0.1 to 100';

const arm = v.pipe(
  exactly({
    share: v.pipe(number(share), v.gtValue(0, share), v.maxValue(100, share)),
    scenario: v.optional(settingName),
    model: v.optional(v.pipe(v.string(path), v.minLength(1, path), v.maxLength(4096, path))),
  }),
  v.metadata({
    id: 'ExperimentArm',
    description: 'Without a scenario and a model, what is served without the experiment.',
  }),
);
const armsText = `an object with 2 to ${maxArms} arms, by name`;
const names = 'a list of 1 to 100 names of scenarios';

export const experimentJson = v.pipe(
  exactly({
    arms: v.pipe(
      record(settingName, arm, armsText, nameText),
      v.check((arms) => Object.keys(arms).length >= 2 && Object.keys(arms).length <= maxArms, armsText),
      v.metadata({ minProperties: 2, maxProperties: maxArms, description: 'Their shares are 100 together.' }),
    ),
    control: v.string('the name of the arm that the others are compared with'),
    for: v.optional(v.pipe(v.array(settingName, names), v.minLength(1, names), v.maxLength(100, names))),
    ...period,
    effect: v.optional(v.pipe(number(effect), v.minValue(0.1, effect), v.maxValue(100, effect))),
  }),
  v.forward(
    v.check((experiment) => isPeriod(experiment), periodError),
    ['until'],
  ),
  v.metadata({
    id: 'Experiment',
    description:
      'Which customers get which arm follows from their ids alone. Lists for all customers take part, or those that are asked `for` with these scenarios.',
  }),
);
