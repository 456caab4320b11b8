import { invalidOption } from '../../options.ts';
import type { Condition, Merchandising, Pin } from '../../recommending/serving/options.ts';
import { checked } from '../catalogue/fields.ts';
import { wrong } from '../conditions/condition.ts';
import { boosts, pins } from '../conditions/schemas.ts';
import type { ShopListOptions } from '../types.ts';
import { type Compiled, isActive, ruleNames } from './compile.ts';
import { rulesField } from './schemas.ts';
import type { Scenario } from './settings.ts';

type Named = ShopListOptions & Merchandising & Partial<Scenario>;

/** Options that some questions take from a scenario: of a product's lists, only their length. */
export const ofCustomers = ['n', 'purchased', 'diversity', 'perCategory', 'mix', 'explain', 'fields'] as const;
export const ofProducts = ['n', 'fields'] as const;
/** Blocks of lists have rows and scores alone. */
export const ofBatches = ['n', 'purchased', 'diversity', 'perCategory', 'mix'] as const;

/**
 * The options of a request that names a scenario or rules, without these: what the request says itself goes before what the
 * scenario says. Filters are joined by `and`, boosts and pins are added.
 *
 * @param takes what the question takes from a scenario.
 * @param readFilter checks the filter of the request.
 * @throws `invalid_options`
 */
export function resolved<Options extends Named>(
  { scenarios, rules }: Compiled,
  { scenario: name, rules: asked, ...own }: Options,
  takes: readonly (typeof ofCustomers)[number][],
  readFilter: (filter: unknown) => Condition,
  now = Date.now(),
): Omit<Options, 'scenario' | 'rules'> {
  const scenario = name === undefined ? {} : scenarios.get(name);
  if (!scenario) throw invalidOption('scenario', name, `one of ${[...scenarios.keys()].join(', ')}`);
  const ruleNamesAsked = asked === undefined ? [] : checked(rulesField, asked, 'rules');
  for (const [i, rule] of ruleNamesAsked.entries()) if (!rules.has(rule)) throw wrong(`rules[${i}]`, ruleNames(rules));
  const named = new Set([...ruleNamesAsked, ...(scenario.rules ?? [])]);
  const active = [...named].map((rule) => rules.get(rule)!).filter((rule) => isActive(rule, now));
  const others: Merchandising[] = [scenario, ...active];

  const options: Named = { ...own };
  for (const option of takes)
    if (options[option] === undefined && scenario[option] !== undefined)
      Object.assign(options, { [option]: scenario[option] });
  if (own.mix === undefined && options.mix !== undefined)
    options.mix = options.purchased === 'only' ? 0 : Math.min(options.mix, options.n ?? 10);
  const filters = others.flatMap(({ filter }) => filter ?? []);
  if (filters.length > 0) {
    if (own.filter !== undefined) filters.unshift(readFilter(own.filter));
    options.filter = filters.length === 1 ? filters[0] : { and: filters };
  }
  const boost = [
    ...(own.boost === undefined ? [] : checked(boosts, own.boost, 'boost')),
    ...others.flatMap(({ boost = [] }) => boost),
  ];
  if (boost.length > 0) options.boost = boost;
  const pin = [
    ...(own.pin === undefined ? [] : checked(pins, own.pin, 'pin')),
    ...others.flatMap(({ pin = [] }) => pin),
  ];
  if (pin.length > 0) options.pin = firstOfEach(pin);
  return options as Omit<Options, 'scenario' | 'rules'>;
}

/** A product has one place: that of who asks first. */
function firstOfEach(pins: readonly Pin[]): Pin[] {
  const products = new Set<string>();
  return pins.filter(({ product }) => !products.has(String(product)) && products.add(String(product)));
}
