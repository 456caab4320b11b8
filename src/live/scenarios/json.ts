/** Settings have other names in JSON than in the library, where they are those of TypeScript. */
import type { ScenarioSettings } from './settings.ts';

const ofLibrary = new Map([
  ['per_category', 'perCategory'],
  ['image_url', 'imageUrl'],
  ['product_id', 'product'],
]);
const ofJson = new Map([...ofLibrary].map(([json, library]) => [library, json]));

/** @param settings as JSON has them, and checked. */
export const fromJson = (settings: object) => withNames(settings, ofLibrary) as ScenarioSettings;
/** What is wrong with the settings stays as it is. */
export const toJson = (settings: ScenarioSettings) => withNames(settings, ofJson);

function withNames(settings: object, names: ReadonlyMap<string, string>): unknown {
  return mapped(settings, (entries) => mapped(entries, (entry) => renamed(entry, names)));
}

/** A scenario, a rule, or a pin. */
function renamed(entry: unknown, names: ReadonlyMap<string, string>): unknown {
  if (!isObject(entry)) return entry;
  const nameOf = (name: unknown) => names.get(name as string) ?? name;
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => {
      if (name === 'fields' && Array.isArray(value)) return [name, value.map(nameOf)];
      if (name === 'pin' && Array.isArray(value)) return [name, value.map((pin) => renamed(pin, names))];
      return [nameOf(name), value];
    }),
  );
}

/** The values of an object changed; what is none stays as it is. */
function mapped(entries: unknown, change: (value: unknown) => unknown): unknown {
  if (!isObject(entries)) return entries;
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, change(value)]));
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
