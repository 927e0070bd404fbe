import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHeadingId } from './site-link.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * Returns the links of a page that lead to no file of the repository, or to no heading in it. Links are relative and have the file's
 * extension, so that they work when the repository is browsed; `translateLink` converts them for the site.
 */
export function findBrokenLinks(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
  const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link) && !hasTarget(page, link)).map((link) => `${page}: ${link}`);
}

function hasTarget(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  if (path.startsWith('/')) return false;
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  return heading === undefined || listHeadings(file).includes(heading);
}

function listHeadings(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^```.*?^```/gms, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => createHeadingId(title));
}
