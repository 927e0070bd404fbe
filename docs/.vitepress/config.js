import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { createHeadingId, REPOSITORY, readEntryPoints, translateLink } from '../../scripts/code-blocks/site-link.ts';

/** The order of the guides; a page that is not listed comes last. */
const GUIDES = [
  'tools',
  'streaming',
  'approvals',
  'durable-runs',
  'limits',
  'many-agents',
  'flows',
  'conversations',
  'structured-output',
  'any-server',
  'other-providers',
  'calling-a-model',
  'cli',
  'serving',
  'http',
  'mcp',
  'observability',
  'inspector',
  'deploying',
  'production',
  'testing',
  'middleware',
  'write-a-host',
];
const REFERENCES = ['events', 'errors', 'options', 'request-fields', 'profiles'];

/** The pages of a folder with their titles, the listed ones first. */
function itemsOf(folder, order = []) {
  const position = (page) => (order.includes(page) ? order.indexOf(page) : order.length);
  return readdirSync(new URL(`../${folder}/`, import.meta.url))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .sort((a, b) => position(a) - position(b) || a.localeCompare(b))
    .map((page) => ({ text: titleOf(`${folder}/${page}`), link: `/${folder}/${page}` }));
}

function titleOf(page) {
  return readFileSync(new URL(`../${page}.md`, import.meta.url), 'utf8')
    .match(/^# (.*)$/m)[1]
    .replaceAll('`', '');
}

const itemsAt = (...pages) => pages.map((page) => ({ text: titleOf(page), link: `/${page}` }));

/** Links of pages are made for a view of the repository. */
function translateLinks(md) {
  md.core.ruler.push('translate_links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== 'link_open') continue;
      token.attrSet('href', translateLink(env.relativePath, token.attrGet('href')));
    }
  });
}

// VitePress fails the build for a dead link. `checkSite` in ../main.ts looks at every link of the built pages as well.
export default defineConfig({
  title: 'Pawl',
  description: 'A TypeScript framework for agents that call tools, made for services that must not lose a run.',
  rewrites: { 'start.md': 'index.md' },
  srcExclude: ['peers/**', '.blocks-*/**'],
  markdown: { anchor: { slugify: createHeadingId }, config: translateLinks },
  // The theme would connect to a search service that is not used.
  transformHtml: (html) => html.replaceAll(/<link rel="preconnect"[^>]*>/g, ''),
  vite: { build: { chunkSizeWarningLimit: 5_000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    sidebar: [
      { text: 'Start', link: '/' },
      { text: 'Guides', items: itemsOf('guide', GUIDES) },
      { text: 'Coming from', collapsed: true, items: [...itemsOf('migrate'), ...itemsAt('glossary')] },
      {
        text: 'How it works',
        items: [
          ...itemsAt('architecture', 'behaviours', 'what-pawl-does-not-do', 'faults', 'performance'),
          { text: 'Decisions', collapsed: true, items: itemsOf('decisions') },
        ],
      },
      {
        text: 'Reference',
        items: [
          {
            text: 'API',
            collapsed: true,
            link: '/api/',
            items: readEntryPoints().map(({ name }) => ({ text: name, link: `/api/${name}` })),
          },
          ...itemsOf('reference', REFERENCES),
        ],
      },
    ],
  },
});
