/** Multiplies the runs of each property: `SOAK=100 vitest run --project unit test/chat/properties`. */
export const SOAK: number = Number(process.env['SOAK'] ?? 1);

export const TIMEOUT_MS: number = 30_000 * SOAK;
