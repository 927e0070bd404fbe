/** When a server wants to be asked again, in milliseconds from now; `undefined` where it says nothing that can be read. */
export function retryAfterMs(
  header: (name: string) => string | undefined,
  { now }: { readonly now: number },
): number | undefined {
  const exact = positive(header('retry-after-ms'));
  if (exact !== undefined) return exact;
  const value = header('retry-after');
  const seconds = positive(value);
  if (seconds !== undefined) return seconds * 1000;
  const at = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function positive(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}
