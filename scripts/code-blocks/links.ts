import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHeadingId } from './site-link.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * The links of a page that lead to no file of the repository, or to no heading in it. Links are relative, with the file's extension, so
 * that they work in a view of the repository; `translateLink` makes the site's of them.
 */
export function brokenLinks(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
  const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link) && !leads(page, link)).map((link) => `${page}: ${link}`);
}

function leads(page: string, link: string): boolean {
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
