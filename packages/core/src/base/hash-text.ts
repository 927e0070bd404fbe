/**
 * Hashes a text to 16 hexadecimal characters, synchronously, unlike Web Crypto. Not cryptographic: it is cyrb53 with all of its
 * 64 bits.
 */
export function hashText(text: string): string {
  let one = 0xdeadbeef;
  let other = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2_654_435_761);
    other = Math.imul(other ^ code, 1_597_334_677);
  }
  const first = combine(one, other);
  return toHex(combine(other, first)) + toHex(first);
}

function combine(value: number, other: number): number {
  return Math.imul(value ^ (value >>> 16), 2_246_822_507) ^ Math.imul(other ^ (other >>> 13), 3_266_489_909);
}

function toHex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
