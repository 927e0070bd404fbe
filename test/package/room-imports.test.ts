import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawRooms, LEVELS, listRoomImports, withDrawing } from '../../scripts/draw-rooms.ts';

describe('the rooms of core', () => {
  test('import only from rooms below them, so that there is no cycle', () => {
    const upward = listRoomImports().filter(({ from, to }) => LEVELS.indexOf(to) <= LEVELS.indexOf(from));
    expect(upward).toEqual([]);
  });

  test('equal the drawing in docs/architecture.md', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'architecture.md'), 'utf8');
    expect(page).toContain(drawRooms());
    expect(withDrawing(page)).toBe(page);
  });
});

test('are found in each form of an import', () => {
  const text = [
    "import type { A } from '../tool/a.ts';",
    "export { b } from '../chat/b.ts';",
    "import '../event/c.ts';",
    "const d = await import('../schema/d.ts');",
    "import { e } from './e.ts';",
    "import { f } from 'zod';",
  ].join('\n');
  expect(listRoomImports(new Map([['model/wrap-model.ts', text]]))).toEqual(
    ['tool', 'chat', 'event', 'schema'].map((to) => ({ from: 'model', to })),
  );
});

test('are drawn upward for an import from a room above', () => {
  const drawing = drawRooms([{ from: 'base', to: 'agent' }]);
  expect(drawing.split('\n').find((line) => line.startsWith('agent'))).toMatch(/^agent[ ·]+■ +↑$/);
});
