import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { parseOptions, parseTuned } from '../../../src/tuning/search/tuned-file.ts';

const test = suite('file of a search');

const gain = { mean: 0.1, error: 0.01 };
const found = {
  factors: 8,
  iterations: 2,
  regularization: 1,
  unobservedWeight: 0.1,
  frequencyExponent: 1,
  confidence: 'orders',
  decay: 0.9,
  tasteDecay: 0.9,
  windowDays: 60,
  blend: { taste: 1 },
};
const search = { options: found, defaults: found, given: {}, fingerprint: 'f', endcap: '1', elapsedMs: 5, trials: [] };

test('what was written is read back, as it is', () => {
  const trial = { round: 0, rung: 'confirm', place: 3, options: found, value: 1, gain, least: 0.02, worse: ['all'] };
  for (const all of [
    search,
    { ...search, unchanged: 'not_confirmed' },
    { ...search, gain, aim: { lastDays: 9 }, given: { factors: 8 }, trials: [trial] },
  ])
    assert.equal(parseTuned(JSON.stringify(all), 'x.json'), all);
});

test('a file that is not a search, or has no options or unknown ones, is refused with what is wrong', () => {
  const thrown = (work: () => unknown): EndcapError => {
    try {
      work();
    } catch (error) {
      if (error instanceof EndcapError) return error;
    }
    return assert.unreachable('no EndcapError was thrown') as never;
  };
  assert.match(thrown(() => parseTuned('{', 'x.json')).message, /^x\.json is not JSON/);
  assert.match(thrown(() => parseTuned('{"options": {}}', 'x.json')).message, /is not a file of endcap tune: options/);
  const trial = { round: 0, rung: 'short', place: 0, options: found, value: 1 };
  for (const [part, problem] of [
    [{ given: [] }, 'given: expected an object, received an array'],
    [{ elapsedMs: '1' }, "elapsedMs: expected a number, received '1'"],
    [{ aim: { purchased: 'no' } }, "aim.purchased: expected one of allow, exclude, received 'no'"],
    [{ options: { ...found, blend: { taste: null } } }, 'options.blend.taste: expected a number, received null'],
    [{ trials: [trial, { ...trial, place: -1 }] }, 'trials.1.place: expected a whole number from 0, received -1'],
    [{ trials: [{ ...trial, least: '' }] }, "trials.0.least: expected a number, received ''"],
    [{ trials: [{ ...trial, gain: {} }] }, 'trials.0.gain.mean: expected a number, received undefined'],
  ] as const)
    assert.match(
      thrown(() => parseTuned(JSON.stringify({ ...search, ...part }), 'x.json')).message,
      `x.json is not a file of endcap tune: ${problem}`,
    );
  assert.is(thrown(() => parseOptions('[]', 'x.json')).code, 'options_unreadable');
  assert.is(thrown(() => parseOptions('null', 'x.json')).code, 'options_unreadable');
  const unknown = thrown(() => parseOptions('{"options": {"regularisation": 3}}', 'x.json'));
  assert.equal([unknown.code, unknown.details.option], ['invalid_options', 'regularisation']);
  assert.equal(parseOptions('{"options": {"factors": 7}}', 'x.json'), { factors: 7 });
});

test.run();
