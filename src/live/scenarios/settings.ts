import type { Merchandising } from '../../recommending/serving/options.ts';
import type { SpreadOptions } from '../../recommending/types.ts';
import type { Experiment } from '../experiments/settings.ts';
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

/** What lists can say of products, as JSON names it. */
export const wireFields = ['price', 'url', 'image_url', 'attributes', 'available'] as const;
export type WireField = (typeof wireFields)[number];
