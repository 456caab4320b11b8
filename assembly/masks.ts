// Which of 64 bytes are equal to a byte, as bits: what finds the ends of cells.

// Bytes after a text that may be read.
export const textPadding: u32 = 64;

@inline
export function equal64(p: usize, byte: u8): u64 {
  if (ASC_FEATURE_SIMD) {
    const b = i8x16.splat(byte);
    const first = <u64>i8x16.bitmask(i8x16.eq(v128.load(p), b));
    const second = <u64>i8x16.bitmask(i8x16.eq(v128.load(p, 16), b));
    const third = <u64>i8x16.bitmask(i8x16.eq(v128.load(p, 32), b));
    const fourth = <u64>i8x16.bitmask(i8x16.eq(v128.load(p, 48), b));
    return first | (second << 16) | (third << 32) | (fourth << 48);
  }
  const ones: u64 = 0x0101010101010101, sevens: u64 = 0x7f7f7f7f7f7f7f7f;
  let bits: u64 = 0;
  for (let i: usize = 0; i < 64; i += 8) {
    const other = load<u64>(p + i) ^ (ones * byte);
    // 1 for each byte that is zero; the product moves them to the highest byte, in order.
    const zero = ~(((other & sevens) + sevens) | other | sevens) >> 7;
    bits |= ((zero * 0x0102040810204080) >> 56) << i;
  }
  return bits;
}

// `length` bytes at p, at most eight, as one number: the first is the lowest. Eight bytes can be read.
@inline
export function word64(p: usize, length: u32): u64 {
  return length ? load<u64>(p) & (~(<u64>0) >> (64 - 8 * length)) : 0;
}
