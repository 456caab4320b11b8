/** Orders as CSV, TSV, JSON lines, gzip of these, and objects. */
import { deserialize, serialize } from 'node:v8';
import type { Random } from '../../../src/random.ts';
import { chance } from '../draw.ts';
import type { Input, Outcome } from '../target.ts';
import { anyFile } from './files.ts';
import { put, readChecked } from './reading.ts';
import { anyExport } from './records.ts';

/** Objects are stored as v8.serialize writes them: JSON has no dates, bigints, or NaN. */
const objectsName = 'objects.v8';
const optionsName = 'options.json';

export function make(random: Random): Input {
  const records = anyExport(random, 120);
  if (chance(random, 0.2)) {
    const objects = records.rows.map((row) => Object.fromEntries(row.map((value, i) => [records.header[i], value])));
    return { [objectsName]: serialize(objects), [optionsName]: '{}' };
  }
  const { name, bytes, options } = anyFile(random, records);
  return { [name]: bytes, [optionsName]: JSON.stringify(options) };
}

export async function run(input: Input): Promise<Outcome> {
  const options = JSON.parse(String(input[optionsName] ?? '{}'));
  const [name] = Object.keys(input).filter((name) => name !== optionsName);
  const content = input[name];
  if (name === objectsName) return readChecked(deserialize(content as Uint8Array), options);
  return readChecked(put(name, content), options);
}
