import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildRequestFieldsPage, listRequestFields } from '../../scripts/request-fields.ts';
import { reference } from '../reference/validators.ts';

test('docs/reference/request-fields.md equals the types', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'request-fields.md'), 'utf8');
  expect(page).toBe(buildRequestFieldsPage());
});

test('docs/reference/request-fields.md has exactly the fields of the official schema', () => {
  const names = listRequestFields().map(({ name }) => name);
  expect([...names].sort()).toEqual([...namesOf({ $ref: '#/$defs/CreateChatCompletionRequest' })].sort());
  expect(listRequestFields().filter(({ text, type }) => text === '' || type === '')).toEqual([]);
});

interface ObjectSchema {
  readonly $ref?: string;
  readonly allOf?: readonly ObjectSchema[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The names of all properties, including those of `allOf` parts. */
function namesOf({ $ref, allOf = [], properties = {} }: ObjectSchema): ReadonlySet<string> {
  const target: ObjectSchema = $ref === undefined ? {} : (reference.$defs[$ref.replace('#/$defs/', '')] ?? {});
  const parts = $ref === undefined ? allOf : [target, ...allOf];
  return new Set([...Object.keys(properties), ...parts.flatMap((part) => [...namesOf(part)])]);
}
