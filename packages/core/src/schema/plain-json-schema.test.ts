import { expect, test } from 'vitest';
import { jsonSchema } from './plain-json-schema.ts';
import { compileSchema } from './schema.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

test('sends a JSON Schema unchanged, and validates with its own function', async () => {
  const { jsonSchema: sent, validate } = compileSchema(
    jsonSchema<string>(schema, {
      validate: (value) => {
        const { city } = value as { city?: unknown };
        if (typeof city !== 'string') return { issues: [{ path: ['city'], message: 'is no name' }] };
        return { value: city.toUpperCase() };
      },
    }),
    'input',
  );
  expect(sent).toBe(schema);
  await expect(Promise.all([validate({ city: 'Oslo' }), validate({ city: 7 })])).resolves.toEqual([
    { ok: true, value: 'OSLO' },
    { ok: false, issues: 'city: is no name, got 7' },
  ]);
});

test('accepts every value without a validate function', async () => {
  await expect(compileSchema(jsonSchema(schema), 'input').validate({ a: 1 })).resolves.toEqual({
    ok: true,
    value: { a: 1 },
  });
});

test('names jsonSchema in the error for an unknown option', () => {
  expect(() => jsonSchema(schema, Object({ check: () => true }))).toThrow('jsonSchema: there is no option "check".');
});
