import type * as v from 'valibot';
import type { Condition } from '../../recommending/serving/options.ts';
import { finish } from '../../turns.ts';
import { checked, timeOf } from '../catalogue/fields.ts';
import { attributePrefix, type Column, type Columns } from '../conditions/columns.ts';
import { settledCondition, wrong } from '../conditions/condition.ts';
import { maxBoosts, maxPins } from '../conditions/schemas.ts';
import { type CompiledExperiment, compileExperiments } from '../experiments/compile.ts';
import { experimentJson } from '../experiments/schemas.ts';
import { fromJson } from './json.ts';
import { namesJson, ruleJson, type SettingsJson, scenarioJson } from './schemas.ts';
import { builtIn, type Scenario, type ScenarioRule, type ScenarioSettings } from './settings.ts';

/** Settings that were checked, with those that there are without any. */
export interface Compiled {
  readonly settings: Required<ScenarioSettings>;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly rules: ReadonlyMap<string, ScenarioRule>;
  readonly experiments: readonly CompiledExperiment[];
}

/** What the scenario `new` may say: its list is the same for everybody. */
export const optionsOfNew = ['n', 'filter', 'fields', 'rules'];

/** A product may get an attribute, and lose it, while the settings stay. */
const anything: Column = { kinds: () => ['string', 'number', 'boolean'], meets: () => false, fill() {} };

/**
 * Checks settings as JSON has them.
 *
 * @throws `invalid_options` that names the place, such as `scenarios.home.filter.and[0].field`, and what was expected.
 */
export function compileSettings(given: unknown, columns: Pick<Columns, 'column' | 'fields'>): Compiled {
  return finish(compiling(given, columns));
}

/** The same in pieces, one for each scenario, rule, and experiment. */
export function* compiling(
  given: unknown,
  columns: Pick<Columns, 'column' | 'fields'>,
): Generator<undefined, Compiled> {
  const settings = fromJson(yield* checking(given));
  const everyField: Pick<Columns, 'column' | 'fields'> = {
    column: (field) => (field.startsWith(attributePrefix) ? anything : columns.column(field)),
    fields: columns.fields,
  };
  const settled = (condition: Condition, place: string) => settledCondition(condition, `${place}.filter`, everyField);
  const compiled = <Entry extends ScenarioRule | Scenario>(entry: Entry, place: string): Entry => ({
    ...entry,
    ...(entry.filter && { filter: settled(entry.filter, place) }),
    ...(entry.boost && {
      boost: entry.boost.map((boost, i) => ({ ...boost, filter: settled(boost.filter, `${place}.boost[${i}]`) })),
    }),
  });

  const all = {
    scenarios: { ...builtIn, ...settings.scenarios },
    rules: { ...settings.rules },
    experiments: { ...settings.experiments },
  };
  const rules = new Map<string, ScenarioRule>();
  for (const [name, rule] of Object.entries(all.rules)) {
    rules.set(name, compiled(rule, `rules.${name}`));
    yield;
  }
  const scenarios = new Map<string, Scenario>();
  for (const [name, scenario] of Object.entries(all.scenarios)) {
    const place = `scenarios.${name}`;
    checkTogether(scenario, place);
    if (name === 'new') {
      const other = Object.keys(scenario).find((option) => !optionsOfNew.includes(option));
      if (other !== undefined) throw wrong(`${place}.${other}`, `one of ${optionsOfNew.join(', ')}`);
    }
    for (const [i, rule] of (scenario.rules ?? []).entries())
      if (!rules.has(rule)) throw wrong(`${place}.rules[${i}]`, ruleNames(rules));
    checkJoined([scenario, ...(scenario.rules ?? []).map((rule) => rules.get(rule)!)], place);
    scenarios.set(name, compiled(scenario, place));
    yield;
  }
  return { settings: all, scenarios, rules, experiments: compileExperiments(all.experiments, scenarios) };
}

const entryJson: Readonly<Record<string, v.GenericSchema>> = {
  scenarios: scenarioJson,
  rules: ruleJson,
  experiments: experimentJson,
};

/** Names and their number at once, then what they stand for. */
function* checking(given: unknown): Generator<undefined, SettingsJson> {
  const settings = checked(namesJson, given, '') as Record<string, Record<string, unknown>>;
  for (const [kind, entries] of Object.entries(settings)) {
    for (const name of Object.keys(entries ?? {})) {
      entries[name] = checked(entryJson[kind], entries[name], `${kind}.${name}`);
      yield;
    }
  }
  return settings;
}

/** What holds at a time must fit into one request. */
function checkJoined(joined: readonly ScenarioRule[], place: string): void {
  const moments = joined.flatMap(({ from }) => (from === undefined ? [] : timeOf(from)));
  for (const moment of [Number.NEGATIVE_INFINITY, ...moments]) {
    const active = joined.filter((rule) => isActive(rule, moment));
    const count = (option: 'boost' | 'pin') => active.reduce((sum, rule) => sum + (rule[option]?.length ?? 0), 0);
    if (count('boost') > maxBoosts)
      throw wrong(`${place}.boost`, `at most ${maxBoosts} boosts at a time, with its rules`);
    if (count('pin') > maxPins) throw wrong(`${place}.pin`, `at most ${maxPins} pins at a time, with its rules`);
  }
}

/** What is expected of the name of a rule. */
export const ruleNames = (rules: ReadonlyMap<string, unknown>) =>
  rules.size > 0 ? `one of the rules ${[...rules.keys()].join(', ')}` : 'no rule, since there are none';

function checkTogether({ n, mix = 0, purchased }: Scenario, place: string): void {
  if (mix > 0 && purchased === 'only') throw wrong(`${place}.mix`, '0, since purchased is "only"');
  if (n !== undefined && mix > n) throw wrong(`${place}.mix`, `a whole number from 0 to ${n}, since that is n`);
}

/** Whether lists keep to a rule at a moment, in milliseconds since 1970. */
export function isActive({ from, until }: ScenarioRule, now: number): boolean {
  return (from === undefined || timeOf(from) <= now) && (until === undefined || now < timeOf(until));
}
