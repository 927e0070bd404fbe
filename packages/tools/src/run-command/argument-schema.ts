import { z } from 'zod';

/** Linux takes 128 KiB of one argument, and 2 MiB of all. */
const MAX_BYTES = 100_000;

/** What can be handed to a program: no NUL, which would end it, and no half of a character, which would become another one. */
export function createArgumentSchema(description: string): z.ZodType<string> {
  return z
    .string()
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'has a NUL or half of a character in it')
    .refine((text) => Buffer.byteLength(text) <= MAX_BYTES, `has more than ${MAX_BYTES} bytes`)
    .describe(description);
}
