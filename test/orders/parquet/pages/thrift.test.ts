import { ByteWriter } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { structEnd } from '../../../../src/orders/parquet/pages/thrift.ts';

const test = suite('the end of a Thrift struct');

function struct(fields: Parameters<typeof serializeTCompactProtocol>[1]): Uint8Array {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, fields);
  return writer.getBytes();
}
const everything = struct({
  field_1: true,
  field_2: 7,
  field_3: -3_000_000_000n,
  field_4: 'text',
  field_5: new Uint8Array([1, 2, 3]),
  field_6: [1, 2, 3],
  field_7: ['a', 'b'],
  field_8: [{ field_1: 1 }, { field_300: [true, false] }],
  field_9: { field_2: { field_3: 'deep' } },
});

test('is where a parser stops', () => {
  assert.is(structEnd(everything, 0, 100), everything.length);
  const behind = new Uint8Array([9, 9, ...everything, 9, 9]);
  assert.is(structEnd(behind, 2, 100), 2 + everything.length);
});

test('is an Error if the struct is cut anywhere', () => {
  for (let length = 0; length < everything.length; length++) {
    assert.throws(() => structEnd(everything.subarray(0, length), 0, 100), /header/, `${length} bytes`);
  }
});

test('is an Error for a list or a text that claims more than there is, and for what no writer writes', () => {
  const [i32, i64, binary, list, structType, map] = [0x15, 0x16, 0x18, 0x19, 0x1c, 0x1b];
  for (const [bytes, words] of [
    [[list, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0, 0], /claims a list of 268435455 where 2 bytes are left/],
    [[binary, 0xff, 0xff, 0x03, 0, 0], /claims 65535 bytes where 2 are left/],
    [[i32, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0], /too many bytes/],
    [[i64, ...new Array(11).fill(0x80), 1, 0], /too many bytes/],
    [[map, 0, 0], /unknown type 11/],
    [[...new Array(40).fill(structType), ...new Array(41).fill(0)], /nested too deeply/],
    [[list, 0xf5, 0x20, ...new Array(32).fill(0), 0], /more than 20 values/],
  ] as const) {
    assert.throws(() => structEnd(Uint8Array.from(bytes), 0, 20), words);
  }
});

test.run();
