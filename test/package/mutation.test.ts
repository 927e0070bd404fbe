import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTATION_PAGE, renderPage } from '../../mutation/page.ts';
import { REASONS } from '../../mutation/reasons.ts';
import { isExplainedBy, readResults } from '../../mutation/results.ts';
import { ROOMS } from '../../mutation/rooms.ts';

const root = join(import.meta.dirname, '..', '..');

test('docs/reference/mutation.md equals mutation/results.json and the reasons', () => {
  expect(readFileSync(MUTATION_PAGE, 'utf8')).toBe(renderPage(readResults()));
});

test('every reason for a file of a measured room belongs to a recorded survivor', () => {
  const results = readResults();
  const survivors = Object.values(results).flatMap((result) => result.survivors);
  const measured = Object.entries(ROOMS).flatMap(([room, { files }]) => (room in results ? filesOf(files) : []));
  const single = REASONS.flatMap(({ changes, ...reason }) =>
    changes === undefined ? [reason] : changes.map((change) => ({ ...reason, changes: [change] })),
  );
  const known = single.filter(({ file }) => measured.some((path) => path.endsWith(`/${file}`)));
  expect(known.filter((reason) => !survivors.some((survivor) => isExplainedBy(reason, survivor)))).toEqual([]);
});

test.each(Object.entries(ROOMS))('every glob of the room %s matches a file', (_, { files, tests }) => {
  expect(
    [...files, ...tests].flatMap(alternatives).filter((glob) => globSync(glob, { cwd: root }).length === 0),
  ).toEqual([]);
});

function filesOf(globs: readonly string[]): readonly string[] {
  return globs.flatMap(alternatives).flatMap((glob) => globSync(glob, { cwd: root }));
}

/** Expands `a/{b,c}.ts` to `a/b.ts` and `a/c.ts`: each has to match. */
function alternatives(glob: string): readonly string[] {
  const [whole, list = ''] = /\{([^}]*)\}/.exec(glob) ?? [];
  return whole === undefined ? [glob] : list.split(',').flatMap((each) => alternatives(glob.replace(whole, each)));
}
