import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkValues, readLevels } from '../../../../src/orders/parquet/pages/encodings.ts';

const test = suite('encoded values of Parquet');
const levels = (bytes: number[], count: number, most = 1) => [
  ...readLevels(Uint8Array.from(bytes), 0, bytes.length, count, most),
];

test('levels are runs of one level or of packed bits', () => {
  // Three times 1, then one group of eight bits, then twice 0.
  assert.equal(levels([6, 1, 3, 0b10110010, 4, 0], 13), [1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0]);
  assert.equal(levels([3, 0b101], 3), [1, 0, 1]);
});

test('levels have as many bits as the highest one', () => {
  // Five values of three bits: the groups of bits cross bytes.
  const packed = 0b101_100_011_010_001;
  assert.equal(levels([3, packed & 255, packed >> 8, 0], 5, 5), [1, 2, 3, 4, 5]);
  assert.equal(levels([6, 4, 4, 2], 5, 4), [4, 4, 4, 2, 2]);
  assert.throws(() => levels([6, 5], 3, 4), /levels above 4/);
});

test('too few levels, and runs that claim more values than there are, are an Error', () => {
  for (const [bytes, rows, words] of [
    [[], 1, /too few levels/],
    [[6, 1], 4, /too few levels/],
    [[7, 0xff], 20, /too few levels/],
    [[8, 1], 3, /claims 4 values where 3 are left/],
    [[0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1000, /claims 2147483647 values where 1000 are left/],
    [[0xff, 0xff, 0xff, 0xff, 0x0f, 1], 1000, /claims 17179869176 values/],
    [[0x80], 1, /beyond its page/],
  ] as const) {
    assert.throws(() => levels([...bytes], rows), words);
  }
});

test('encodings whose numbers would make the parser run or grow for ever are an Error', () => {
  // The numbers of an empty block: 128 values in 4 miniblocks, 0 values, the first 0.
  const lengths = (...values: number[]) => [128, 1, values[0] === undefined ? 4 : values[0], 0, 0];
  for (const [encoding, bytes, words] of [
    ['RLE', [2, 0, 0, 0, 22, 1], /claims 11 values/],
    ['DELTA_BINARY_PACKED', lengths(0), /a block without miniblocks/],
    ['DELTA_BINARY_PACKED', [128, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0], /too many miniblocks/],
    ['DELTA_LENGTH_BYTE_ARRAY', [0, 4, 0, 0], /a block without values/],
  ] as const) {
    assert.throws(() => checkValues(Uint8Array.from(bytes), encoding, 10, 1000), words, encoding);
  }
  checkValues(Uint8Array.from([2, 0, 0, 0, 20, 1]), 'RLE', 10, 1000);
  checkValues(Uint8Array.from(lengths()), 'DELTA_BINARY_PACKED', 1, 1000);
});

test('values that share beginnings may not unpack to more than there is room for', () => {
  // Ten values: each begins with the 100 bytes of the one before (delta 0), and adds nothing of its own.
  const shared = [128, 1, 4, 10, 200, 1, 0, 0, 0, 0, 0];
  const own = [128, 1, 4, 10, 0, 0, 0, 0, 0, 0];
  const bytes = Uint8Array.from([...shared, ...own]);
  checkValues(bytes, 'DELTA_BYTE_ARRAY', 10, 1000);
  assert.throws(() => checkValues(bytes, 'DELTA_BYTE_ARRAY', 10, 999), /1000 bytes of values; at most 999/);
});

test.run();
