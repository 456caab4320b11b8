import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPatterns } from '../../../src/dataset/unlisted/patterns.ts';

const test = suite('patterns of ids');

test('a star stands for any text, and all else for itself', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '.', '*'), { maxLength: 6 }).map((marks) => marks.join(''));
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 3 }),
      text.filter((id) => id !== ''),
      (patterns, id) => {
        const expected = patterns.some((pattern) => {
          const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*');
          return new RegExp(`^${source}$`).test(id);
        });
        assert.is(createPatterns(patterns).match(id), expected);
      },
    ),
    {
      numRuns: 2000,
      examples: [
        [['a*a'], 'a'],
        [['*ab*b'], 'ab'],
      ] as [string[], string][],
    },
  );
});

test('patterns are cleaned as ids are, and those that match nothing are known', () => {
  const patterns = createPatterns([' DISC* ', '17850.0', 'gone', 'no*']);
  assert.equal(['DISC10', 'disc10', '17850', 'DIS'].map(patterns.match), [true, false, true, false]);
  assert.equal(patterns.unmatched(), ['gone', 'no*']);
});

test.run();
