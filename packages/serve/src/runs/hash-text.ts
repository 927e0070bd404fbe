/**
 * Returns a hash of 128 bits, to find an equal text among those of one owner. Not a secret, and no protection against texts that are made to be
 * equal: an owner could only confuse its own requests. SHA-256 of Web Crypto would cost more than the rest of a small request.
 *
 * Four lanes of 32 bits with the multipliers and the final mix of MurmurHash3: https://github.com/aappleby/smhasher
 */
export function hashText(text: string): string {
  const lanes = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    lanes[0] = Math.imul((lanes[0] ?? 0) ^ code, 0x85ebca6b);
    lanes[1] = Math.imul((lanes[1] ?? 0) ^ code, 0xc2b2ae35);
    lanes[2] = Math.imul((lanes[2] ?? 0) ^ code ^ at, 0x27d4eb2f);
    lanes[3] = Math.imul(((lanes[3] ?? 0) << 5) ^ code, 0x165667b1) ^ ((lanes[3] ?? 0) >>> 15);
  }
  return lanes.map((lane) => finishLane(lane ^ text.length)).join('');
}

function finishLane(lane: number): string {
  let mixed = lane ^ (lane >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return (mixed >>> 0).toString(16).padStart(8, '0');
}
