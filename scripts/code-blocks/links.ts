import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/**
 * Returns the links of a page to missing files or headings of the project. Links of the site may begin with `/`, which is the folder `docs`.
 * Skips `/api`, which TypeDoc generates: the build of the site fails for a dead link there.
 */
export function findBrokenLinks(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
  const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !isOutside(link) && !hasTarget(page, link)).map((link) => `${page}: ${link}`);
}

function isOutside(link: string): boolean {
  return /^[a-z]+:/.test(link) || link.startsWith('/api/');
}

function hasTarget(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? page : resolveFile(page, path);
  if (!existsSync(join(root, file))) return false;
  return heading === undefined || listHeadings(file).includes(heading);
}

function resolveFile(page: string, path: string): string {
  if (path === '/') return 'docs/start.md';
  const file = path.startsWith('/') ? join('docs', path) : join(dirname(page), path);
  return existsSync(join(root, file)) ? file : `${file}.md`;
}

/** Lists the anchors of headings, as the site and most code hosts generate them. */
function listHeadings(file: string): readonly string[] {
  const headings = readFileSync(join(root, file), 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
