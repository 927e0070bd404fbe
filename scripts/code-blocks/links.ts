import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/**
 * Links of a page to files of ours, or headings in them, that are not there. Pages of the site may begin with `/`, which is the folder `docs`;
 * what TypeDoc writes (`/api`) is there when the site is built, which fails by itself where such a link is dead.
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

/** As the site and most hosts of code make them of a heading. */
function listHeadings(file: string): readonly string[] {
  const headings = readFileSync(join(root, file), 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
