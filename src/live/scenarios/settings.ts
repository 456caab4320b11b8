import * as v from 'valibot';
import type { Merchandising } from '../../recommending/serving/options.ts';
import type { SpreadOptions } from '../../recommending/types.ts';
import { merchandisingFields } from '../conditions/schemas.ts';
import { type Experiment, experimentJson, maxExperiments } from '../experiments/settings.ts';
import { exactly, int, number, optional, record } from '../schemas.ts';
import { isPeriod, nameText, period, periodError, settingName } from '../setting-fields.ts';
import type { ListedField } from '../types.ts';

/** A place in the shop: what its lists are like, unless the request says otherwise. */
export interface Scenario extends Merchandising, Omit<SpreadOptions, 'allow' | 'deny'> {
  explain?: boolean;
  fields?: readonly ListedField[];
  /** Names of rules that its lists keep to. */
  rules?: readonly string[];
}

/** What lists keep to for a time, or as long as it is there. */
export interface ScenarioRule extends Merchandising {
  /** ISO 8601 with a time zone, or milliseconds since 1970; always by default. */
  from?: string | number;
  /** The first moment at which it is over. */
  until?: string | number;
}

/** What a shop calls by name: scenarios, rules, and experiments, by their names. */
export interface ScenarioSettings {
  scenarios?: Readonly<Record<string, Scenario>>;
  rules?: Readonly<Record<string, ScenarioRule>>;
  experiments?: Readonly<Record<string, Experiment>>;
}

/** Those that there are without any settings. A shop may have its own under the same names. */
export const builtIn: Readonly<Record<string, Scenario>> = {
  home: { mix: 3 },
  cart: {},
  'buy-again': { purchased: 'only' },
  new: {},
};

/** Scenarios and rules of a shop, each. */
export const maxNamed = 100;
/** Rules of one list. */
export const maxRules = 20;

const ruleNames = `a list of at most ${maxRules} names of rules`;
export const rulesField = v.pipe(v.array(settingName, ruleNames), v.maxLength(maxRules, ruleNames));

const whole = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return v.pipe(int(error), v.minValue(min, error), v.maxValue(max, error));
};
const share = 'a number from 0 to 1';
/** What lists can say of products, as JSON names it. */
export const wireFields = ['price', 'url', 'image_url', 'attributes', 'available'] as const;
export type WireField = (typeof wireFields)[number];
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
