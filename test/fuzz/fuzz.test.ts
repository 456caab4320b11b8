import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import * as library from '../../src/index.ts';
import * as app from '../../src/server/app.ts';
import * as serving from '../../src/server/serve.ts';
import { runCampaign } from './campaign.ts';
import { createFindings, type Finding, readFinding } from './findings.ts';
import { calls, questions, recommender } from './options/calls.ts';
import { randomOf, targetNamed, targets } from './target.ts';

const test = suite('fuzz');
const folder = mkdtempSync(join(tmpdir(), 'endcap-fuzz-test-'));
test.after(() => rmSync(folder, { recursive: true }));

/** What each case of the broken target does. */
async function waysOf(seed: number, cases: number): Promise<string[]> {
  const { make } = await targetNamed('broken').load();
  const inputs = Array.from({ length: cases }, (_, number) => make(randomOf({ target: 'broken', seed, number })));
  return (await Promise.all(inputs)).map((input) => String(input['way.txt']));
}

const kindOf: Record<string, Finding['kind']> = {
  throw: 'error',
  reject: 'error',
  crash: 'crash',
  exit: 'crash',
  hang: 'hang',
  grow: 'memory',
};

test('a campaign finds every error, crash, hang, and waste of memory, and runs all other cases', async () => {
  // A seed with each way once.
  const [seed, cases] = [34, 24];
  const ways = await waysOf(seed, cases);
  const expected = ways.flatMap((way, number) => (way === 'work' ? [] : [`${number} ${kindOf[way]}`]));
  const hasMemory = existsSync('/proc/self/status');
  assert.equal(new Set(ways).size, 7, 'every way occurs');
  const found: Finding[] = [];
  const findings = createFindings(folder);
  const tally = await runCampaign({
    ...{ target: 'broken', seed, from: 0, to: cases, processes: 2, maxMiB: 300 },
    async onFinding(finding) {
      found.push(finding);
      await findings.keep(finding);
    },
  });
  // Without /proc nobody watches the memory, and the case ends in another way.
  const shown = (lines: string[]) => (hasMemory ? lines : lines.map((line) => line.split(' ')[0])).sort();
  assert.equal(shown(found.map(({ number, kind }) => `${number} ${kind}`)), shown(expected));
  assert.is(tally.cases, cases);
  assert.is(tally.next, cases);
  assert.is(tally.labels.get('work'), ways.filter((way) => way === 'work').length);
});

test('a finding is kept with its input, and can be read back', async () => {
  const kept = readdirSync(folder);
  assert.ok(kept.length > 0);
  for (const name of kept) {
    const finding: Finding = JSON.parse(readFileSync(join(folder, name, 'finding.json'), 'utf8'));
    const { target, input } = await readFinding(join(folder, name));
    assert.is(target, 'broken');
    assert.is(String(input['way.txt']), (await waysOf(finding.seed, finding.number + 1))[finding.number]);
  }
});

for (const name of Object.keys(targets)) {
  test(`${name}: the input of a case follows from its target, seed, and number alone`, async () => {
    const { make } = await targetNamed(name).load();
    for (const number of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const input = await make(randomOf({ target: name, seed: 1, number }));
      assert.equal(await make(randomOf({ target: name, seed: 1, number })), input);
    }
  });
}

test('every public function is called with arbitrary options', () => {
  const isCalled = (value: unknown) => typeof value === 'function' && value !== EndcapError;
  const functions = Object.entries({ ...library, ...app, ...serving }).filter(([, value]) => isCalled(value));
  assert.equal(Object.keys(calls).sort(), functions.map(([name]) => name).sort());
});

test('every question of a recommender is asked with arbitrary options', () => {
  const { model, kernel, ...functions } = recommender;
  assert.equal(Object.keys(questions).sort(), Object.keys(functions).sort());
});

test.run();
