import { defineConfig } from 'vitepress';

const guides = [
  ['Tools', 'tools'],
  ['Streaming and events', 'streaming'],
  ['Approvals', 'approvals'],
  ['Durable runs', 'durable-runs'],
  ['Limits and retries', 'limits'],
  ['Many agents', 'many-agents'],
  ['Long conversations', 'conversations'],
  ['Structured output', 'structured-output'],
  ['Any server', 'any-server'],
  ['Writing middleware', 'middleware'],
  ['Writing a host', 'write-a-host'],
  ['Testing an agent', 'testing'],
  ['Production checklist', 'production'],
];
const migrations = [
  ['From ai', 'ai'],
  ['From @openai/agents', 'openai-agents'],
  ['From langchain', 'langchain'],
  ['From openai’s runTools', 'run-tools'],
];
const decisions = [
  ['001 Decide, step, apply', '001-decide-step-apply'],
  ['002 Messages are the wire’s', '002-messages-are-the-wire'],
  ['003 One door for the history', '003-one-door-for-the-history'],
  ['004 Errors by who can act', '004-errors-by-who-can-act'],
  ['005 Steps are found by name, not by position', '005-steps-by-name'],
  ['006 A tool says what repeating it would do', '006-effects-and-doubt'],
  ['007 An approval approves one call', '007-approvals'],
  ['008 Limits are one purse, charged by facts', '008-one-purse'],
  ['009 One retry policy, in sight', '009-one-retry-policy'],
  ['010 Servers differ by data', '010-servers-differ-by-data'],
  ['011 Two forms of a schema', '011-two-forms-of-a-schema'],
  ['012 Few dependencies, each behind one door', '012-few-dependencies'],
  ['013 A deploy strands no run', '013-deploys'],
  ['014 An abort is no shutdown', '014-abort-is-no-shutdown'],
  ['015 Listeners are never awaited', '015-listening'],
  ['016 Wrappers and middleware, not options', '016-wrappers-not-options'],
];
const api = ['core', 'core/sqlite', 'core/host', 'core/zod3', 'tools', 'testing', 'dbos'];

const under = (folder, pages) => pages.map(([text, page]) => ({ text, link: `/${folder}/${page}` }));

// A dead link fails the build: that is VitePress's default.
export default defineConfig({
  title: 'Pawl',
  description:
    'A TypeScript framework for agents that call tools over Chat Completions, for services that must not lose a run.',
  rewrites: { 'start.md': 'index.md' },
  srcExclude: ['peers/**', '.blocks-*/**'],
  // The theme would connect to a search service that is not used.
  transformHtml: (html) => html.replaceAll(/<link rel="preconnect"[^>]*>/g, ''),
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: [
      { text: 'Start', link: '/' },
      { text: 'Guides', items: under('guide', guides) },
      { text: 'Coming from', collapsed: true, items: under('migrate', migrations) },
      {
        text: 'How it is made',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'What happens when', link: '/behaviours' },
          { text: 'Performance', link: '/performance' },
          { text: 'Performance', link: '/performance' },
          { text: 'Decisions', collapsed: true, items: under('decisions', decisions) },
        ],
      },
      {
        text: 'Reference',
        items: [
          {
            text: 'API',
            collapsed: true,
            link: '/api/',
            items: api.map((path) => ({ text: `@pawl/${path}`, link: `/api/@pawl/${path}` })),
          },
          { text: 'Profiles of servers', link: '/reference/profiles' },
          { text: 'Request fields', link: '/reference/request-fields' },
          { text: 'zod types', link: '/reference/zod-types' },
          { text: 'What servers send', link: '/reference/corpus' },
          { text: 'Finish reasons', link: '/reference/finish-reasons' },
          { text: 'Mutation testing', link: '/reference/mutation' },
        ],
      },
    ],
  },
});
