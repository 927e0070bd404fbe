import { expect, test } from 'vitest';
import { createFields, type FormField, parseForm, parseJsonField, toFormValues } from './schema-form.ts';

const schema = {
  type: 'object',
  properties: {
    order: { type: 'string', description: 'The order.' },
    amount: { type: 'integer' },
    isUrgent: { type: 'boolean' },
    currency: { enum: ['EUR', 'USD'] },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['order', 'amount'],
};
const input = { order: '7', amount: 12, isUrgent: true, currency: 'EUR', tags: ['a'] };

function create(given: unknown = schema, value: Parameters<typeof createFields>[1] = input): readonly FormField[] {
  return createFields(given, value) ?? [];
}

test('each property has an input of its kind', () => {
  expect(create().map(({ name, kind, isRequired }) => [name, kind, isRequired])).toEqual([
    ['order', 'text', true],
    ['amount', 'number', true],
    ['isUrgent', 'boolean', false],
    ['currency', 'choice', false],
    ['tags', 'json', false],
  ]);
});

test('a form that nobody changed gives the same arguments', () => {
  expect(parseForm(create(), toFormValues(create(), input))).toEqual({ ok: true, value: input });
});

test('an optional field that is empty is left out, and a required one is a problem', () => {
  const values = { ...toFormValues(create(), input), currency: '', tags: '', amount: '' };
  expect(parseForm(create(), values)).toEqual({ ok: false, problems: { amount: 'A value is needed.' } });
  expect(parseForm(create(), { ...values, amount: '3' })).toEqual({
    ok: true,
    value: { order: '7', amount: 3, isUrgent: true },
  });
});

test.each([
  ['amount', 'three', 'This is not a number.'],
  ['amount', '1.5', 'This is not a whole number.'],
  ['tags', '[', expect.stringContaining('This is not JSON')],
])('%s %j is a problem', (name, text, problem) => {
  const values = { ...toFormValues(create(), input), [name]: text };
  expect(parseForm(create(), values)).toEqual({ ok: false, problems: { [name]: problem } });
});

test('a value of another type than the schema, and one that the schema does not know, is edited as JSON', () => {
  const odd = { order: 7, more: { a: 1 } };
  const fields = create(schema, odd).filter(({ name }) => name === 'order' || name === 'more');
  expect(fields.map(({ kind }) => kind)).toEqual(['json', 'json']);
  expect(parseForm(fields, toFormValues(fields, odd))).toEqual({ ok: true, value: odd });
});

test('a property named __proto__ is a field like any other', () => {
  const value = JSON.parse('{"__proto__":"x"}');
  const fields = create(JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'), value);
  const parsed = parseForm(fields, toFormValues(fields, value));
  expect(JSON.stringify(parsed)).toBe('{"ok":true,"value":{"__proto__":"x"}}');
});

test.each([
  [{ anyOf: [] }, input],
  [undefined, input],
  [schema, 'a text for a custom tool'],
  [schema, null],
])('arguments without a form are edited as JSON: %j', (given, value) => {
  expect(createFields(given, value)).toBeUndefined();
});

test('JSON is parsed, and what is wrong with it is shown', () => {
  expect(parseJsonField(' {"a":1} ')).toEqual({ ok: true, value: { a: 1 } });
  expect(parseJsonField('{')).toEqual({ ok: false, problem: expect.stringContaining('This is not JSON') });
});
