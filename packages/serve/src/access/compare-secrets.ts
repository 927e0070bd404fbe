/** Returns the SHA-256 of a salt and a secret. Digests have one length, so that a comparison says nothing of a secret's length. */
export async function computeDigest(secret: string, salt: Uint8Array): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(secret);
  const salted = new Uint8Array(salt.length + bytes.length);
  salted.set(salt);
  salted.set(bytes, salt.length);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', salted));
}

/** Compares bytes of equal length. Takes the same time wherever they differ. */
export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0);
  return difference === 0;
}
