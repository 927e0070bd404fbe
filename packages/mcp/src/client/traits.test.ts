import { expect, test } from 'vitest';
import type { McpAnnotations, McpDefinition } from './definition.ts';
import { readTraits } from './traits.ts';

function define(annotations?: McpAnnotations): McpDefinition {
  return { name: 'a', inputSchema: { type: 'object' }, ...(annotations !== undefined && { annotations }) };
}

const ROWS: readonly (readonly [hints: McpAnnotations | undefined, effect: string, needsApproval: boolean])[] = [
  [undefined, 'non-idempotent', true],
  [{ readOnlyHint: true }, 'read', false],
  [{ readOnlyHint: true, destructiveHint: true }, 'read', false],
  [{ idempotentHint: true }, 'idempotent', true],
  [{ idempotentHint: true, destructiveHint: false }, 'idempotent', false],
  [{ destructiveHint: false }, 'non-idempotent', false],
  [{ openWorldHint: false }, 'non-idempotent', true],
];

test.each(ROWS)('trusts the hints %j', (hints, effect, needsApproval) => {
  expect(readTraits(define(hints), 'trust')).toEqual({ effect, needsApproval, exclusive: false });
});

test('ignores hints unless they are trusted', () => {
  const traits = readTraits(define({ readOnlyHint: true }), 'ignore');
  expect(traits).toEqual({ effect: 'non-idempotent', needsApproval: false, exclusive: false });
});

test('a function decides about each MCP tool', () => {
  const traits = readTraits(define(), ({ name }) => ({ exclusive: name === 'a' }));
  expect(traits).toEqual({ effect: 'non-idempotent', needsApproval: false, exclusive: true });
});

test.each([
  [undefined, ' returned nothing. Return { effect?, needsApproval?, exclusive? }.'],
  [{ effect: 'write' }, ': effect is'],
  [{ approval: true }, ': '],
])('refuses the traits %j', (traits, problem) => {
  const read = (): unknown => readTraits(define(), () => traits as never);
  expect(read).toThrow(`MCP tool "a", annotations()${problem}`);
});
