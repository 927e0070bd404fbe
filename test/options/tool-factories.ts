import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryConversations } from '@pawl/core';
import {
  askUser,
  brave,
  editFile,
  fetchPage,
  httpRequest,
  listFiles,
  notes,
  Outputs,
  readFile,
  readOutput,
  runCommand,
  runJavaScript,
  searchFiles,
  searxng,
  sqlQuery,
  sqlSchema,
  tavily,
  todo,
  webSearch,
  writeFile,
} from '@pawl/tools';
import { type Factory, folder, pass } from './factory.ts';

const database = join(folder, 'file.db');
writeFileSync(database, '');

const roots = { roots: folder };
const CHILD: Factory['wrong'] = [
  [{ isolation: 'required' }, 'isolation is the text "required". Pass "prefer", "require" or "none".'],
  [{ timeoutMs: '5' }, 'timeoutMs is the text "5".'],
];

export const READY_MADE: readonly Factory[] = [
  {
    name: 'askUser',
    covers: ['AskUserOptions'],
    make: (options) => askUser(options),
    valid: { choices: ['a', 'b'] },
    isOptional: true,
    wrong: [
      [{ options: ['a'] }, 'The option is "choices".'],
      [{ choices: 'a' }, 'choices is the text "a". Pass a list of texts.'],
    ],
  },
  ...Object.entries({ readFile, editFile, writeFile, listFiles, searchFiles }).map(([name, make]): Factory => {
    return {
      name,
      covers: [`${name[0]?.toUpperCase()}${name.slice(1)}Options`],
      make,
      valid: roots,
      wrong: [
        [{ root: folder }, 'The option is "roots".'],
        [{ roots: undefined }, 'needs roots'],
        [{ roots: null }, 'needs roots'],
        [{ roots: [5] }, 'the root 5 is no folder.'],
        [{ deny: '.env' }, 'deny is no list of globs.'],
        [{ timeoutMs: '5' }, 'timeoutMs is the text "5".'],
      ],
    };
  }),
  {
    name: 'fetchPage',
    covers: ['FetchPageOptions'],
    make: (options) => fetchPage(options),
    valid: { hosts: 'any' },
    wrong: [
      [{ hosts: undefined }, 'Tool "fetch_page" needs hosts, and was given none.'],
      [{ hosts: null }, 'Tool "fetch_page" needs hosts, and was given null.'],
      [{ hosts: [] }, 'names no host'],
      [{ hosts: [5] }, '5 names no host.'],
      [{ robots: 'Obey' }, 'robots is the text "Obey". Pass "obey" or "ignore".'],
      [{ ports: [80, '443'] }, 'ports is a list with the text "443". Pass a list of numbers.'],
      [{ allowAddresses: '10.0.0.0/8' }, 'allowAddresses is the text'],
    ],
  },
  {
    name: 'httpRequest',
    covers: ['HttpRequestOptions'],
    make: (options) => httpRequest(options),
    valid: { allow: [{ host: 'api.example.com' }] },
    wrong: [
      [{ allow: undefined }, 'allow names nothing.'],
      [{ allow: [{ hosts: ['a.test'] }] }, 'allow[0]: there is no option "hosts". The option is "host"'],
      [{ allow: ['a.test'] }, 'allow[0]: the options are a text.'],
      [{ allow: [null] }, 'allow[0]: the options are null.'],
      [{ allow: [{ host: 'a.test', paths: [5] }] }, 'paths is a list with 5. Pass a list of texts.'],
      [{ approval: 'write' }, 'approval is the text "write". Pass "writes", "always" or "never".'],
      [{ secrets: { a: { host: 'a.test' } } }, 'secret "a": there is no option "host".'],
      [{ secrets: { a: null } }, 'secret "a": the options are null.'],
      [
        { secrets: { a: { hosts: ['a.test'], value: () => 'x', plaintext: 'yes' } } },
        'plaintext is the text "yes". Pass "refuse" or "accept".',
      ],
    ],
  },
  {
    name: 'notes',
    covers: ['NotesOptions'],
    make: (options) => notes(options),
    valid: { store: memoryConversations(), id: 'u' },
    wrong: [
      [{ store: undefined }, 'has no store.'],
      [{ id: undefined }, 'has no id.'],
      [{ maxNotes: '5' }, 'maxNotes is the text "5".'],
    ],
  },
  {
    name: 'Outputs',
    covers: ['OutputsOptions'],
    make: (options) => new Outputs(options),
    valid: { maxTotalLength: 5 },
    isOptional: true,
    wrong: [[{ maxTotalLenght: 5 }, 'Did you mean "maxTotalLength"?']],
  },
  {
    name: 'readOutput',
    covers: ['ReadOutputOptions'],
    make: (options) => readOutput(new Outputs(), options),
    valid: { maxLength: 5 },
    isOptional: true,
    wrong: [[{ maxLength: '5' }, 'maxLength is the text "5".']],
  },
  {
    name: 'runCommand',
    covers: ['RunCommandOptions'],
    make: (options) => runCommand(options),
    valid: roots,
    wrong: [
      ...CHILD,
      [{ approval: 'none' }, 'approval is the text "none". Pass "unlisted", "always" or "never".'],
      [{ network: 'yes' }, 'network is the text "yes". Pass "none" or "host".'],
      [{ user: { uid: '0' } }, 'user.uid is the text "0".'],
      [{ path: '/bin' }, 'path is the text "/bin". Pass a list of texts.'],
      [{ env: { A: 5 } }, 'env has no text for A.'],
      [{ secrets: { a: { command: [] } } }, 'secret "a": there is no option "command".'],
      [{ allow: 'npm' }, 'allow is no list.'],
    ],
  },
  {
    name: 'runJavaScript',
    covers: ['RunJavaScriptOptions'],
    make: (options) => runJavaScript(options),
    valid: { approval: 'always' },
    isOptional: true,
    wrong: CHILD,
  },
  {
    name: 'sqlQuery',
    covers: ['SqlQueryOptions'],
    make: (options) => sqlQuery(options),
    valid: { database: { file: database } },
    wrong: [
      [{ database: undefined }, 'database is'],
      [{ database: { file: 5 } }, 'database: file is 5. Pass a text.'],
      [{ database: { file: database, readOnly: true } }, 'there is no option "readOnly".'],
      [{ powerfulRole: 'allow' }, 'powerfulRole is the text "allow". Pass "refuse" or "accept".'],
      [{ maxRows: '5' }, 'maxRows is the text "5".'],
    ],
  },
  {
    name: 'sqlSchema',
    covers: ['SqlSchemaOptions'],
    make: (options) => sqlSchema(options),
    valid: { database: { file: database } },
    wrong: [[{ tables: 'orders' }, 'tables is the text "orders". Pass a list of texts.']],
  },
  {
    name: 'todo',
    covers: ['TodoOptions'],
    make: (options) => todo(options),
    valid: { maxItems: 5 },
    isOptional: true,
    wrong: [[{ maxItem: 5 }, 'Did you mean "maxItems"?']],
  },
  {
    name: 'webSearch',
    covers: ['WebSearchOptions'],
    make: (options) => webSearch(options),
    valid: { search: async () => [] },
    wrong: [
      [{ search: undefined }, 'search is no function.'],
      [{ engine: pass }, 'The option is "search".'],
      [{ cacheMs: '5' }, 'cacheMs is the text "5".'],
    ],
  },
  ...Object.entries({ brave, tavily }).map(([name, make]): Factory => {
    return {
      name,
      covers: ['KeyOptions'],
      make,
      valid: { apiKey: 'k' },
      wrong: [
        [{ apikey: 'k' }, 'Did you mean "apiKey"?'],
        [{ baseURL: 5 }, 'baseURL is 5.'],
      ],
    };
  }),
  {
    name: 'searxng',
    covers: ['EngineOptions'],
    make: (options) => searxng(options),
    valid: { baseURL: 'https://search.example.com' },
    wrong: [
      [{ baseURL: undefined }, 'searxng: baseURL is undefined.'],
      [{ baseURL: null }, 'searxng: baseURL is null.'],
      [{ url: 'x' }, 'The option is "baseURL".'],
    ],
  },
];
