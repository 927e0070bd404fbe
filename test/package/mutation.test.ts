import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTATION_PAGE, mutationPage } from '../../mutation/page.ts';
import { REASONS } from '../../mutation/reasons.ts';
import { explains, readResults } from '../../mutation/results.ts';
import { ROOMS } from '../../mutation/rooms.ts';

const root = join(import.meta.dirname, '..', '..');

test('docs/reference/mutation.md says what mutation/results.json and the reasons say', () => {
  expect(readFileSync(MUTATION_PAGE, 'utf8')).toBe(mutationPage(readResults()));
});

test('every reason of mutation/reasons.ts is that of a recorded survivor', () => {
  const survivors = Object.values(readResults()).flatMap((result) => result.survivors);
  const single = REASONS.flatMap(({ changes, ...reason }) =>
    changes === undefined ? [reason] : changes.map((change) => ({ ...reason, changes: [change] })),
  );
  expect(single.filter((reason) => !survivors.some((survivor) => explains(reason, survivor)))).toEqual([]);
});

test.each(Object.entries(ROOMS))('every glob of the room %s matches a file', (_, { files, tests }) => {
  expect(
    [...files, ...tests].flatMap(alternatives).filter((glob) => globSync(glob, { cwd: root }).length === 0),
  ).toEqual([]);
});

/** `a/{b,c}.ts` as `a/b.ts` and `a/c.ts`: each has to match. */
function alternatives(glob: string): readonly string[] {
  const [whole, list = ''] = /\{([^}]*)\}/.exec(glob) ?? [];
  return whole === undefined ? [glob] : list.split(',').flatMap((each) => alternatives(glob.replace(whole, each)));
}
