import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { parseOptions, parseTuned } from '../../../src/tuning/search/tuned-file.ts';

const test = suite('file of a search');

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
  assert.is(thrown(() => parseOptions('[]', 'x.json')).code, 'options_unreadable');
  assert.is(thrown(() => parseOptions('null', 'x.json')).code, 'options_unreadable');
  const unknown = thrown(() => parseOptions('{"options": {"regularisation": 3}}', 'x.json'));
  assert.equal([unknown.code, unknown.details.option], ['invalid_options', 'regularisation']);
  assert.equal(parseOptions('{"options": {"factors": 7}}', 'x.json'), { factors: 7 });
});

test.run();
