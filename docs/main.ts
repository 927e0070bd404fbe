// Builds the site of the documentation into docs/.vitepress/dist: `npm run docs`. Installs what that needs first, into this folder.
//   npm run docs -- dev       serves it, and follows changes of pages
//   npm run docs -- --peers   installs the other frameworks instead, and checks their halves of the pages about moving here
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkPrograms, listPages, readPageCode } from '../scripts/code-blocks/check-pages.ts';
import { getMachineEnvironment } from '../scripts/pack.ts';

const docs = import.meta.dirname;
const dist = join(docs, '.vitepress', 'dist');
/** Built pages that were read, by their path. */
const texts = new Map<string, string>();
const [wish] = process.argv.slice(2);

switch (wish) {
  case undefined:
    install(docs);
    tool('typedoc/bin/typedoc');
    tool('vitepress/bin/vitepress.js', 'build');
    checkSite();
    break;
  case 'dev':
    install(docs);
    tool('typedoc/bin/typedoc');
    tool('vitepress/bin/vitepress.js', 'dev');
    break;
  case '--peers':
    install(join(docs, 'peers'));
    await checkPeers();
    break;
  default:
    console.error(`"${wish}" is unknown. There are: npm run docs, npm run docs -- dev, npm run docs -- --peers.`);
    process.exitCode = 2;
}

/** As the lockfile says, once for each. */
function install(folder: string): void {
  const stamp = join(folder, 'node_modules', '.setup');
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  execFileSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: getMachineEnvironment(),
    stdio: 'inherit',
  });
  writeFileSync(stamp, wanted);
}

function tool(path: string, ...args: readonly string[]): void {
  execFileSync(process.execPath, [join(docs, 'node_modules', path), ...args], { cwd: docs, stdio: 'inherit' });
}

/** No page loads anything from another machine, and every link within the site leads to a page and a heading. */
function checkSite(): void {
  const built = globSync(join(dist, '**', '*.{html,css}'));
  const foreign = built.flatMap((file) => {
    const loads = readFileSync(file, 'utf8').matchAll(
      /<(?:link|script|img)[^>]*(?:href|src)="(?:https?:)?\/\/[^>]*>|url\(["']?(?:https?:)?\/\/[^)]*\)/g,
    );
    return [...loads].map(([load]) => `${file}: ${load}`);
  });
  if (foreign.length > 0) throw new Error(`The site would load from elsewhere:\n${foreign.join('\n')}`);
  const pages = built.filter((file) => file.endsWith('.html'));
  const dead = pages.filter((file) => !file.endsWith('404.html')).flatMap(findDeadLinks);
  if (dead.length > 0) throw new Error(`Links of the site lead nowhere:\n${[...new Set(dead)].join('\n')}`);
  console.log(`docs/.vitepress/dist: ${pages.length} pages`);
}

function findDeadLinks(file: string): readonly string[] {
  const hrefs = [...readPage(file).matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = '']) => href);
  return hrefs.flatMap((href) => {
    if (/^[a-z]+:/.test(href)) return [];
    const [path = '', hash] = decodeURIComponent(href).split('#');
    const target = path === '' ? file : join(path.startsWith('/') ? dist : dirname(file), path);
    const page = target.endsWith('/') || !target.endsWith('.html') ? join(target, 'index.html') : target;
    const leads = existsSync(page) && (hash === undefined || readPage(page).includes(` id="${hash}"`));
    return leads ? [] : [`${relative(dist, file)}: ${href}`];
  });
}

function readPage(file: string): string {
  const text = texts.get(file) ?? readFileSync(file, 'utf8');
  texts.set(file, text);
  return text;
}

async function checkPeers(): Promise<void> {
  const programs = listPages().flatMap((page) => readPageCode(page).programs.filter(({ use }) => use.type === 'peer'));
  const wrong = await checkPrograms(programs, 'docs/peers');
  for (const line of wrong) console.error(line);
  console.log(`${programs.length - wrong.length} passed, ${wrong.length} failed`);
  process.exitCode = wrong.length > 0 || programs.length === 0 ? 1 : 0;
}
