/**
 * To be imported before tests: lets uvu print errors whose `details` are not text, such as an EndcapError. It takes them for text,
 * and says nothing at all of a test that throws one, nor runs those that follow.
 */
import { register } from 'node:module';

const taken = 'details.split(';
const printed = `(typeof details === 'string' ? details : process.getBuiltinModule('node:util').inspect(details)).split(`;

const hook = `export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.endsWith('/uvu/dist/index.mjs')) return loaded;
  const source = Buffer.from(loaded.source).toString();
  if (!source.includes(${JSON.stringify(taken)})) throw new Error('uvu prints errors in another way: see ${import.meta.url}');
  return { ...loaded, source: source.replace(${JSON.stringify(taken)}, () => ${JSON.stringify(printed)}) };
}`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);
