import { expect, test } from 'vitest';
import { countCodeLines, countLines, formatCounts } from '../../scripts/count-lines.ts';

test('counts no blank lines and no comments', () => {
  const text = ['/** Says it.', ' * Twice. */', 'one(); // Once.', '', '  // Not this.', '/* a */ two();', '/* b */'];
  expect(countCodeLines(text.join('\n'))).toBe(2);
});

test('counts by package and room, without tests', () => {
  const files = ['core/src/chat/a.ts', 'core/src/chat/deep/b.ts', 'core/src/chat/a.test.ts', 'core/src/index.ts'];
  const counts = countLines(new Map(files.map((path) => [`packages/${path}`, 'one();\n'])));
  expect(Object.fromEntries(counts)).toEqual({ 'core/chat': 2, 'core/index.ts': 1 });
});

test('compares with an earlier count', () => {
  const now = new Map([
    ['core/chat', 12],
    ['tools/net', 3],
  ]);
  const before = new Map([
    ['core/chat', 10],
    ['core/model', 5],
  ]);
  expect(formatCounts(now, before).split('\n')).toEqual([
    'core          12  -3',
    '  core/chat   12  +2',
    '  core/model   0  -5',
    'tools          3  +3',
    '  tools/net    3  +3',
  ]);
});
