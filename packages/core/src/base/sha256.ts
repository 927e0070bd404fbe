/** The SHA-256 of a text in UTF-8, in hexadecimal: https://csrc.nist.gov/pubs/fips/180-4/upd1/final */
export async function computeSha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
