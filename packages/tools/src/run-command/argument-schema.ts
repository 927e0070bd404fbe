import { z } from 'zod';

/** Linux limits one argument to 128 KiB, and all together to 2 MiB. */
const MAX_BYTES = 100_000;

/** Creates a schema for an argument of a program. A NUL would end the argument, and half of a character would become another one. */
export function createArgumentSchema(description: string): z.ZodType<string> {
  return z
    .string()
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'contains a NUL or half of a character')
    .refine((text) => Buffer.byteLength(text) <= MAX_BYTES, `has more than ${MAX_BYTES} bytes`)
    .describe(description);
}
