import { describe, expect, test } from 'vitest';
import { checkName, checkNames, listDeclarations } from '../../scripts/lint-names.ts';

const lists = { verbs: new Map([['read', '']]), exceptions: new Map([['memoryHost', 'a constructor of a value']]) };

test('lists functions, methods and types, and what is exported', () => {
  const source = `
    export function readName() {}
    const told = () => 1;
    const count = 1;
    export interface Asking { say(): void; readonly get: () => void }
    class Reader { constructor() {} get size() { return 1; } #told() {} read() { function inner() {} } }
    type Known = string;`;
  expect(listDeclarations(source).map(({ kind, name, isExported }) => [kind, name, isExported])).toEqual([
    ['function', 'readName', true],
    ['function', 'told', false],
    ['type', 'Asking', true],
    ['function', 'say', false],
    ['type', 'Reader', false],
    ['function', 'told', false],
    ['function', 'read', false],
    ['function', 'inner', false],
    ['type', 'Known', false],
  ]);
});

describe('a name', () => {
  test.each([
    ['function', 'readName'],
    ['function', 'read'],
    ['function', 'memoryHost'],
    ['type', 'Reader'],
    ['type', 'RunStartedEvent'],
  ] as const)('that is plain is kept: %s %s', (kind, name) => {
    expect(checkName({ kind, name }, lists)).toBeUndefined();
  });

  test.each([
    ['function', 'told', 'function told: "told" is no verb of scripts/verbs.txt'],
    ['function', 'nameOf', 'function nameOf: "name" is no verb of scripts/verbs.txt'],
    ['type', 'Asking', 'type Asking: name it by a noun'],
    ['type', 'Reserved', 'type Reserved: name it by a noun'],
  ] as const)('that is not is reported: %s %s', (kind, name, problem) => {
    expect(checkName({ kind, name }, lists)).toBe(problem);
  });
});

test('every name of the sources is plain, and exported once in its package', () => {
  expect(checkNames()).toEqual([]);
});
