import type { CommandSpec, OptionSpec } from './command-spec.ts';

const RUNS: OptionSpec = {
  value: 'FILE|URL',
  summary: 'where the runs are: a file, a server, or an agent file that exports a host',
};
const TOKEN: OptionSpec = {
  value: 'NAME',
  summary: 'the variable with the token of the server, in place of PAWL_TOKEN',
};
const JSON_LINES: OptionSpec = { summary: 'one JSON object per line' };
const PLACE = { runs: RUNS, 'token-env': TOKEN } as const;
const ANSWER = {
  fingerprint: { value: 'F', summary: 'what the answer is bound to; printed with the call' },
  yes: { summary: 'answers without a question; needs --fingerprint' },
  resume: { value: 'AGENT', summary: 'continues the run at once' },
  json: JSON_LINES,
  ...PLACE,
} as const satisfies CommandSpec['options'];
const WIRE: OptionSpec = {
  summary: 'keeps the bytes of model requests beside the runs file, for runs show --wire and inspect',
};
const MODEL: OptionSpec = { value: 'M', summary: "another model of the agent's server" };
const FORM = {
  output: { value: 'text|json|jsonl', summary: 'the text, the outcome, or one event per line' },
  json: { summary: 'the same as --output jsonl' },
} as const satisfies CommandSpec['options'];
const IN_MEMORY: OptionSpec = { summary: 'keeps runs in memory' };
const CONTINUE = {
  ...FORM,
  approve: { value: 'ask|deny|TOOL,...', summary: 'as for run' },
  wire: WIRE,
  model: MODEL,
  ...PLACE,
} as const satisfies CommandSpec['options'];
const START = {
  runs: RUNS,
  'no-runs': { summary: 'keeps the run in memory' },
  wire: WIRE,
  model: MODEL,
  limit: { value: 'NAME=N', summary: 'a limit of the run, such as cost=0.10; repeatable', isRepeatable: true },
  'token-env': TOKEN,
} as const satisfies CommandSpec['options'];

/** In the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'run',
    summary: 'Runs an agent once; the answer goes to stdout.',
    positionals: ['AGENT', '[QUESTION|-]'],
    options: {
      ...FORM,
      ...START,
      id: { value: 'ID', summary: 'the id of the run; an equal call attaches to it' },
      conversation: { value: 'ID', summary: 'the conversation that the run continues' },
      approve: {
        value: 'ask|deny|TOOL,...',
        summary: 'asks, denies all calls that need approval, or approves those of the named tools',
      },
    },
  },
  {
    name: 'chat',
    summary: 'Holds a conversation, line by line.',
    positionals: ['AGENT'],
    options: {
      continue: { summary: 'continues the newest conversation of the agent' },
      conversation: { value: 'ID', summary: 'continues this conversation' },
      ...START,
    },
  },
  {
    name: 'init',
    summary: 'Makes a small project whose agent answers without a key. Overwrites nothing.',
    positionals: ['[DIR]'],
    options: {},
  },
  {
    name: 'mcp',
    summary: 'Serves the agent to MCP clients over stdio. Needs @pawl/mcp.',
    positionals: ['AGENT'],
    options: { runs: RUNS, 'no-runs': IN_MEMORY },
  },
  {
    name: 'serve',
    summary: 'Serves agents over HTTP on 127.0.0.1; prints the address and a token.',
    positionals: ['AGENT...'],
    options: {
      port: { value: 'N', summary: 'the port; 0 chooses a free one (default 7295)' },
      host: { value: 'ADDRESS', summary: 'another address; needs --key-file or --token-env' },
      'key-file': { value: 'FILE', summary: 'the keys, as JSON: { "KEY": { "id": "ada" } }' },
      'token-env': { value: 'NAME', summary: "the variable with the operator's token" },
      'allow-host': { value: 'NAME', summary: 'a name that the server answers for; repeatable', isRepeatable: true },
      cors: { value: 'ORIGIN', summary: 'an origin whose pages may use the server; repeatable', isRepeatable: true },
      'no-inspector': { summary: 'without the page at /inspect' },
      wire: WIRE,
      runs: RUNS,
      'no-runs': IN_MEMORY,
    },
  },
  {
    name: 'inspect',
    summary: 'Opens the page of a runs file, an exported run (.jsonl), an agent file or a server in the browser.',
    positionals: ['[FILE|URL]'],
    options: {
      'read-only': { summary: 'changes nothing' },
      'no-open': { summary: 'prints the address only' },
      port: { value: 'N', summary: 'the port of the page (default: a free one)' },
      'token-env': TOKEN,
    },
  },
  {
    name: 'runs list',
    summary: 'Lists runs, the newest first. The word "list" may be left out.',
    positionals: [],
    options: {
      status: { value: 'STATUS', summary: 'such as suspended, interrupted or failed' },
      agent: { value: 'NAME', summary: 'runs of this agent' },
      since: { value: 'TIME', summary: 'runs that began in this time, such as 1h' },
      metadata: { value: 'K=V', summary: 'runs with this metadata; repeatable', isRepeatable: true },
      limit: { value: 'N', summary: 'how many at most (default 20)' },
      follow: { summary: 'waits for new runs' },
      json: JSON_LINES,
      ...PLACE,
    },
  },
  {
    name: 'runs show',
    summary: "Shows a run. The exit code is the run's.",
    positionals: ['ID'],
    options: {
      journal: { summary: 'every recorded event' },
      messages: { summary: 'the conversation' },
      wire: { value: 'N', summary: 'the bytes of request N, of a run with --wire' },
      json: JSON_LINES,
      ...PLACE,
    },
  },
  {
    name: 'runs watch',
    summary: "Shows the events of a run until it ends or waits. The exit code is the run's.",
    positionals: ['ID'],
    options: { json: { summary: 'one event per line' }, ...PLACE },
  },
  {
    name: 'runs resume',
    summary: 'Continues a run that was interrupted, or whose calls are answered.',
    positionals: ['ID', 'AGENT'],
    options: CONTINUE,
  },
  {
    name: 'runs cancel',
    summary: 'Ends a run for good.',
    positionals: ['ID'],
    options: { reason: { value: 'TEXT', summary: 'why' }, json: JSON_LINES, ...PLACE },
  },
  {
    name: 'runs fork',
    summary: 'Makes a new run that begins before a step of another.',
    positionals: ['ID', 'AGENT'],
    options: {
      before: { value: 'STEP', summary: 'a step, such as model:3; runs show --journal lists them' },
      input: { value: 'TEXT', summary: 'what the user says at that point' },
      ...CONTINUE,
    },
  },
  {
    name: 'runs export',
    summary: 'Writes a run as JSON lines to stdout.',
    positionals: ['ID'],
    options: { ...PLACE },
  },
  {
    name: 'runs delete',
    summary: 'Deletes ended runs.',
    positionals: [],
    options: {
      'older-than': { value: 'TIME', summary: 'runs that ended this long ago, such as 30d' },
      id: { value: 'ID', summary: 'this run; repeatable', isRepeatable: true },
      json: JSON_LINES,
      ...PLACE,
    },
  },
  {
    name: 'approve',
    summary: 'Shows a pending call and approves it after a question.',
    positionals: ['ID', '[CALL]'],
    options: { always: { summary: 'approves later calls too, as the tool offers' }, ...ANSWER },
  },
  {
    name: 'deny',
    summary: 'Denies a pending call.',
    positionals: ['ID', '[CALL]'],
    options: { reason: { value: 'TEXT', summary: 'what the model reads' }, ...ANSWER },
  },
  {
    name: 'answer',
    summary: 'Gives the result of a call that waits for one.',
    positionals: ['ID', 'CALL'],
    options: { value: { value: 'JSON', summary: 'the result' }, ...ANSWER },
  },
  {
    name: 'tools',
    summary: 'Lists the tools of an agent with both forms of their schemas, or runs one.',
    positionals: ['AGENT', '[NAME]'],
    options: { input: { value: 'JSON', summary: 'runs the tool with this input' }, json: JSON_LINES },
  },
  {
    name: 'doctor',
    summary: 'Checks Node, the runs file, keys, the model server and the agent. Changes nothing.',
    positionals: ['[AGENT]'],
    options: { json: JSON_LINES, runs: RUNS },
  },
  {
    name: 'completion',
    summary: 'Prints the completion of a shell.',
    positionals: ['bash|zsh|fish'],
    options: {},
  },
  {
    name: 'help',
    summary: 'Shows the help of a command, or the exit codes.',
    positionals: ['[COMMAND|exit-codes]', '[COMMAND]'],
    options: {},
  },
];

/** The groups whose command may be left out: `pawl runs` is `pawl runs list`. */
const DEFAULTS: Readonly<Record<string, string>> = { runs: 'list' };

/** Finds the command that arguments name, and what follows its name. */
export function findCommand(
  argv: readonly string[],
): { readonly command: CommandSpec; readonly rest: readonly string[] } | undefined {
  const [first = '', second = '', ...more] = argv;
  const fallback = DEFAULTS[first];
  if (fallback !== undefined && (second === '' || second.startsWith('-')))
    return findCommand([first, fallback, ...argv.slice(1)]);
  const nested = COMMANDS.find(({ name }) => name === `${first} ${second}`);
  if (nested !== undefined) return { command: nested, rest: more };
  const command = COMMANDS.find(({ name }) => name === first);
  return command === undefined ? undefined : { command, rest: argv.slice(1) };
}
