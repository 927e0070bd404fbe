import { z } from 'zod';

// Forty schemas as tools have them. Their own cost for the compiler is the reference.
export const schema0 = z.object({
  n0: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema1 = z.object({
  n1: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema2 = z.object({
  n2: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema3 = z.object({
  n3: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema4 = z.object({
  n4: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema5 = z.object({
  n5: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema6 = z.object({
  n6: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema7 = z.object({
  n7: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema8 = z.object({
  n8: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema9 = z.object({
  n9: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema10 = z.object({
  n10: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema11 = z.object({
  n11: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema12 = z.object({
  n12: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema13 = z.object({
  n13: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema14 = z.object({
  n14: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema15 = z.object({
  n15: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema16 = z.object({
  n16: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema17 = z.object({
  n17: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema18 = z.object({
  n18: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema19 = z.object({
  n19: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema20 = z.object({
  n20: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema21 = z.object({
  n21: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema22 = z.object({
  n22: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema23 = z.object({
  n23: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema24 = z.object({
  n24: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema25 = z.object({
  n25: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema26 = z.object({
  n26: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema27 = z.object({
  n27: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema28 = z.object({
  n28: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema29 = z.object({
  n29: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema30 = z.object({
  n30: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema31 = z.object({
  n31: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema32 = z.object({
  n32: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema33 = z.object({
  n33: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema34 = z.object({
  n34: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema35 = z.object({
  n35: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
export const schema36 = z.object({
  n36: z.number(),
  collection: z.string().min(1),
  order: z.enum(['asc', 'desc']),
  limit: z.number().int().max(100).optional(),
});
export const schema37 = z.object({
  n37: z.number(),
  id: z.uuid(),
  tags: z.array(z.string()),
  filter: z.object({ field: z.string(), value: z.union([z.string(), z.number()]) }),
});
export const schema38 = z.object({
  n38: z.number(),
  amount: z.number().positive(),
  currency: z.string().length(3).default('EUR'),
  note: z.string().nullable(),
});
export const schema39 = z.object({
  n39: z.number(),
  shape: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number() }),
    z.object({ type: z.literal('square'), side: z.number() }),
  ]),
});
