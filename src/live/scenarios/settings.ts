import * as z from 'zod';
import type { Merchandising } from '../../recommending/serving/options.ts';
import type { SpreadOptions } from '../../recommending/types.ts';
import { exactly } from '../catalogue/fields.ts';
import { merchandisingFields } from '../conditions/schemas.ts';
import { type Experiment, experimentJson, maxExperiments } from '../experiments/settings.ts';
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
export const rulesField = z.array(settingName, { error: ruleNames }).max(maxRules, ruleNames);

const whole = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, error).max(max, error);
};
const share = 'a number from 0 to 1';
/** What lists can say of products, as JSON names it. */
export const wireFields = ['price', 'url', 'image_url', 'attributes', 'available'] as const;
export type WireField = (typeof wireFields)[number];
const listed = `a list of ${wireFields.join(', ')}`;
export const fieldsField = z
  .array(z.enum(wireFields, { error: `one of ${wireFields.join(', ')}` }), { error: listed })
  .max(wireFields.length, listed);

/** As requests say it, but for `n`. */
const maxListLength = 1000;

/** What the document says of requests and scenarios: there is nothing new among what a customer bought before. */
export const mixOfOnly = {
  required: ['mix', 'purchased'],
  properties: { mix: { type: 'integer', minimum: 1 }, purchased: { const: 'only' } },
};

export const scenarioJson = exactly({
  n: whole(1, maxListLength),
  purchased: z.enum(['allow', 'exclude', 'only'], { error: '"allow", "exclude", or "only"' }),
  diversity: z.number({ error: share }).min(0, share).max(1, share),
  per_category: whole(1, maxListLength),
  mix: whole(0, maxListLength),
  explain: z.boolean({ error: 'true or false' }),
  fields: fieldsField,
  rules: rulesField,
  ...merchandisingFields,
})
  .partial()
  .meta({
    id: 'Scenario',
    not: mixOfOnly,
    description: 'What its lists are like, as in requests, unless a request says otherwise; n is num_recommendations.',
  });

export const ruleJson = exactly({ ...merchandisingFields, ...period })
  .refine(isPeriod, periodError)
  .meta({ id: 'Rule', description: 'What lists keep to from one moment until another; always by default.' });

const byName = <Entry extends z.ZodType>(entry: Entry, what: string, max = maxNamed) => {
  const error = `an object with at most ${max} ${what}, by name`;
  return z
    .record(settingName, entry, { error: ({ code }) => (code === 'invalid_key' ? nameText : error) })
    .refine((entries) => Object.keys(entries).length <= max, error)
    .meta({ maxProperties: max });
};

const settingsOf = <S extends z.ZodType, R extends z.ZodType, E extends z.ZodType>(
  scenario: S,
  rule: R,
  experiment: E,
) =>
  exactly({
    scenarios: byName(scenario, 'scenarios').optional(),
    rules: byName(rule, 'rules').optional(),
    experiments: byName(experiment, 'experiments', maxExperiments).optional(),
  });

/** Settings as they are in files and requests. */
export const settingsJson = settingsOf(scenarioJson, ruleJson, experimentJson);
export type SettingsJson = z.infer<typeof settingsJson>;
/** What of them is checked first: the names. */
export const namesJson = settingsOf(z.unknown(), z.unknown(), z.unknown());
