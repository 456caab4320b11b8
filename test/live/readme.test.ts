/** The page "Running it" names what there is: flags, metrics, endpoints, and codes. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodes } from '../../src/cli/interrupt.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { endcap } from '../cli/run.ts';

const test = suite('the page on running a shop');
const page = readFileSync(new URL('../../src/live/README.md', import.meta.url), 'utf8');
const named = (pattern: RegExp) => [...new Set(Array.from(page.matchAll(pattern), ([, name]) => name))];

test('names flags that serve has', async () => {
  const { stdout } = await endcap(['serve', '--help'], { cwd: '.' });
  const help = String(stdout);
  const commands = page.replaceAll('\\\n', ' ').match(/(?:endcap serve|main\.js serve|"endcap", "serve").*/g) ?? [];
  const flags = new Set(
    [...commands.join('\n').matchAll(/--[a-z][a-z-]+/g), ...page.matchAll(/(?<=`)--[a-z-]+(?= [^`]*`|`)/g)].map(String),
  );
  flags.delete('--init');
  assert.ok(flags.size >= 7);
  for (const flag of flags) assert.ok(help.includes(`${flag} `), flag);
});

test('names metrics that there are', async () => {
  const text = await createMetrics(() => undefined).text();
  const names = named(/\b(endcap_[a-z_]+)/g);
  assert.ok(names.length >= 6);
  for (const name of names) assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
});

test('names the exit codes of signals', () => {
  for (const code of Object.values(exitCodes)) assert.ok(page.includes(String(code)), String(code));
});

test('links to headings that there are', () => {
  const anchors = (text: string) =>
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  for (const [, file, anchor] of page.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)) {
    const target = file === '' ? page : readFileSync(new URL(`../../src/live/${file}`, import.meta.url), 'utf8');
    assert.ok(anchors(target).includes(anchor), `${file}#${anchor}`);
  }
});

test.run();
