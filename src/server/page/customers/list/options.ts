/** What the form of a customer's page asks for. */
import { EndcapError } from '../../../../errors.ts';
import { checked } from '../../../../live/catalogue/fields.ts';
import { scenarioJson } from '../../../../live/scenarios/schemas.ts';
import type { Scenario } from '../../../../live/scenarios/settings.ts';
import type { ShopListOptions } from '../../../../live/types.ts';
import type { RecommendOptions } from '../../../../recommending/types.ts';

/** Parameters of the address, called as the fields of requests are. */
const optionNames = [
  ...['scenario', 'purchased', 'n', 'diversity', 'per_category', 'mix', 'explain', 'basket'],
] as const;

/** A page shows no longer lists. */
export const mostListed = 50;
const defaultListed = 10;

export type ListAsked = Pick<RecommendOptions, 'purchased' | 'diversity' | 'perCategory' | 'mix' | 'explain'> &
  Pick<ShopListOptions, 'scenario'> & { n: number };

export interface Options {
  /** As they were typed, by name. */
  readonly typed: Readonly<Record<string, string>>;
  readonly asked: ListAsked;
  /** What is wrong with them; `asked` is what can be without. */
  readonly problem?: string;
  /** Whether the list is the one without options, but for its length and its reasons. */
  readonly isStandard: boolean;
}

/**
 * @param parameter of the address; undefined if it is not there.
 * @param scenarios of the shop; undefined without one.
 */
export function readOptions(
  parameter: (name: string) => string | undefined,
  scenarios: Readonly<Record<string, Scenario>> | undefined,
): Options {
  const typed = Object.fromEntries(optionNames.map((name) => [name, (parameter(name) ?? '').trim()]));
  const isStandard = optionNames.every((name) => name === 'n' || name === 'explain' || typed[name] === '');
  const standard = { n: defaultListed, explain: typed.explain !== 'no' };
  try {
    return { typed, asked: readAsked(typed, scenarios), isStandard };
  } catch (error) {
    if (!(error instanceof EndcapError)) throw error;
    return { typed, asked: standard, problem: error.message, isStandard };
  }
}

function readAsked(
  typed: Readonly<Record<string, string>>,
  scenarios: Readonly<Record<string, Scenario>> | undefined,
): ListAsked {
  const { scenario, explain } = typed;
  if (scenario !== '' && !(scenarios && Object.hasOwn(scenarios, scenario)))
    throw wrong(
      'scenario',
      scenarios ? `one of ${Object.keys(scenarios).join(', ')}` : 'none, since only a running shop has scenarios',
    );
  if (!['', 'yes', 'no'].includes(explain)) throw wrong('explain', '"yes" or "no"');
  const { purchased, per_category: perCategory, ...others } = checked(scenarioJson, asJson(typed), '');
  const { n = Math.min(mostListed, scenarios?.[scenario]?.n ?? defaultListed), diversity, mix } = others;
  if (n > mostListed) throw wrong('n', `a whole number from 1 to ${mostListed}`);
  const asked = { n, purchased, diversity, perCategory, mix: mix && Math.min(mix, n), scenario: scenario || undefined };
  // What is new has no reasons, and refuses to be asked for them.
  return { ...asked, ...(scenario !== 'new' && { explain: explain !== 'no' }) };
}

/** What was typed as a scenario has it: numbers where it has numbers. */
function asJson({ purchased, ...typed }: Readonly<Record<string, string>>): Record<string, unknown> {
  const numbers = ['n', 'diversity', 'per_category', 'mix'].filter((name) => typed[name] !== '');
  const json: Record<string, unknown> = Object.fromEntries(numbers.map((name) => [name, Number(typed[name])]));
  return purchased === '' ? json : { ...json, purchased };
}

function wrong(option: string, expected: string): EndcapError {
  return new EndcapError('invalid_options', `${option}: expected ${expected}`, { option, expected });
}
