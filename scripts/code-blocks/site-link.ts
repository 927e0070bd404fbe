import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Where the repository is on the web: the site links there for files that are not pages of it. */
export const REPOSITORY = 'https://github.com/pawl-dev/pawl';

/** An entry point that users import, such as `@pawl/core/host`, and its source file from the root of the repository. */
export interface EntryPoint {
  readonly name: string;
  readonly file: string;
}

/** The tools of `@pawl/tools` are also in its index, and the preset exports nothing. */
const HIDDEN_ENTRY = /^@pawl\/tools\/|\/preset$/;

/** The entry points in the `exports` of every package: each has a page in the API reference. */
export function readEntryPoints(): readonly EntryPoint[] {
  const all = readdirSync(join(root, 'packages')).flatMap((folder) => {
    const { name, exports }: Manifest = JSON.parse(
      readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
    );
    return Object.entries(exports).map(([path, file]) => ({
      name: `${name}${path.slice(1)}`,
      file: posix.join('packages', folder, file),
    }));
  });
  return all.filter(({ name, file }) => file.endsWith('.ts') && !HIDDEN_ENTRY.test(name));
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Translates a link of a page, which works in a view of the repository, into one that works on the site:
 *
 * - a page in `docs` becomes its address on the site,
 * - the source file of an entry point becomes its page in the API reference,
 * - any other file becomes its address in the repository.
 *
 * @param page - the page's path within `docs`
 */
export function translateLink(page: string, link: string): string {
  if (/^[a-z]+:|^[#/]/.test(link)) return link;
  const [path = '', heading] = link.split('#');
  const file = posix.join('docs', posix.dirname(page), path);
  const hash = heading === undefined ? '' : `#${heading}`;
  const entry = readEntryPoints().find((each) => each.file === file);
  if (entry !== undefined) return `/api/${entry.name}${hash}`;
  if (file === 'docs/start.md') return `/${hash}`;
  if (file.startsWith('docs/') && file.endsWith('.md')) return `/${file.slice('docs/'.length, -'.md'.length)}${hash}`;
  const isFolder = existsSync(join(root, file)) && statSync(join(root, file)).isDirectory();
  return `${REPOSITORY}/${isFolder ? 'tree' : 'blob'}/main/${file}${hash}`;
}

/** The id of a heading, the same in a view of the repository and on the site. */
export function createHeadingId(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}
