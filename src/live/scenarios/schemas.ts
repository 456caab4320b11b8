/** Scenarios and rules as they are in files and requests. */
import * as v from 'valibot';
import { merchandisingFields } from '../conditions/schemas.ts';
import { experimentJson } from '../experiments/schemas.ts';
import { maxExperiments } from '../experiments/settings.ts';
import { exactly, int, number, optional, record } from '../schemas.ts';
import { isPeriod, nameText, period, periodError, settingName } from '../setting-fields.ts';
import { maxNamed, maxRules, wireFields } from './settings.ts';

const ruleNames = `a list of at most ${maxRules} names of rules`;
export const rulesField = v.pipe(v.array(settingName, ruleNames), v.maxLength(maxRules, ruleNames));

const whole = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return v.pipe(int(error), v.minValue(min, error), v.maxValue(max, error));
};
const share = 'a number from 0 to 1';
const listed = `a list of ${wireFields.join(', ')}`;
export const fieldsField = v.pipe(
  v.array(v.picklist(wireFields, `one of ${wireFields.join(', ')}`), listed),
  v.maxLength(wireFields.length, listed),
);

/** As requests say it, but for `n`. */
const maxListLength = 1000;

/** What the document says of requests and scenarios: there is nothing new among what a customer bought before. */
export const mixOfOnly = {
  required: ['mix', 'purchased'],
  properties: { mix: { type: 'integer', minimum: 1 }, purchased: { const: 'only' } },
};

export const scenarioJson = v.pipe(
  exactly(
    optional({
      n: whole(1, maxListLength),
      purchased: v.picklist(['allow', 'exclude', 'only'], '"allow", "exclude", or "only"'),
      diversity: v.pipe(number(share), v.minValue(0, share), v.maxValue(1, share)),
      per_category: whole(1, maxListLength),
      mix: whole(0, maxListLength),
      explain: v.boolean('true or false'),
      fields: fieldsField,
      rules: rulesField,
      ...merchandisingFields,
    }),
  ),
  v.metadata({
    id: 'Scenario',
    not: mixOfOnly,
    description: 'What its lists are like, as in requests, unless a request says otherwise; n is num_recommendations.',
  }),
);

export const ruleJson = v.pipe(
  exactly({ ...merchandisingFields, ...period }),
  v.forward(
    v.check((rule) => isPeriod(rule), periodError),
    ['until'],
  ),
  v.metadata({ id: 'Rule', description: 'What lists keep to from one moment until another; always by default.' }),
);

const byName = <Entry extends v.GenericSchema>(entry: Entry, what: string, max = maxNamed) => {
  const error = `an object with at most ${max} ${what}, by name`;
  return v.pipe(
    record(settingName, entry, error, nameText),
    v.check((entries) => Object.keys(entries).length <= max, error),
    v.metadata({ maxProperties: max }),
  );
};

const settingsOf = <S extends v.GenericSchema, R extends v.GenericSchema, E extends v.GenericSchema>(
  scenario: S,
  rule: R,
  experiment: E,
) =>
  exactly({
    scenarios: v.optional(byName(scenario, 'scenarios')),
    rules: v.optional(byName(rule, 'rules')),
    experiments: v.optional(byName(experiment, 'experiments', maxExperiments)),
  });

/** Settings as they are in files and requests. */
export const settingsJson = settingsOf(scenarioJson, ruleJson, experimentJson);
export type SettingsJson = v.InferOutput<typeof settingsJson>;
/** What of them is checked first: the names. */
export const namesJson = settingsOf(v.unknown(), v.unknown(), v.unknown());
