import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashText, mix } from '../src/hash.ts';

const test = suite('hash');

test('text has the published hashes of FNV-1a, and a hash can be continued', () => {
  assert.is(hashText(''), 0x811c9dc5);
  assert.is(hashText('a'), 0xe40c292c);
  assert.is(hashText('foobar'), 0xbf9cf968);
  assert.is(hashText('bar', hashText('foo')), hashText('foobar'));
});

test('mix is the finalizer of MurmurHash3, without a sign', () => {
  assert.equal([mix(0), mix(1), mix(-1)], [0, 0x514e28b7, 0x81f16f39]);
});

test.run();
