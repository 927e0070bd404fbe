import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Agent,
  azure,
  compactByReference,
  compactBySummary,
  conversation,
  customTool,
  inputGuard,
  jsonSchema,
  memory,
  memoryConversations,
  memoryStore,
  openai,
  outputGuard,
  RefuseRun,
  route,
  SuspendRun,
  summary,
  tool,
  toolGuard,
  toolSearch,
  withRateLimit,
  withRetry,
} from '@pawl/core';
import { sqlite, sqliteConversations } from '@pawl/core/sqlite';
import { dbosClient, dbosHost } from '@pawl/dbos';
import { blockNetwork, manualClock, offlineServer, reply, scriptedModel, testTool, withFaults } from '@pawl/testing';
import { cassette, cassetteFrom } from '@pawl/testing/cassette';
import { conformance } from '@pawl/testing/conformance';
import { conclude, evaluate, exactly, judge, within } from '@pawl/testing/evaluation';
import { exploreAgent, schemaModel } from '@pawl/testing/explore';
import { FragileHost, hostConformance } from '@pawl/testing/host';
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
import { z } from 'zod';

/** A function of the public API that takes options. */
export interface Factory {
  readonly name: string;
  /** The interfaces that its options, or a part of them, are described by. */
  readonly covers: readonly string[];
  /** What it is called with, as from JavaScript. May give a promise. */
  readonly make: (options: never) => unknown;
  /** Options that it takes. */
  readonly valid: object;
  /** Whether they may be left out. */
  readonly isOptional?: true;
  /** Mistakes in a value, and what is said of them. */
  readonly wrong: readonly (readonly [options: object, problem: string])[];
}

const folder = mkdtempSync(join(tmpdir(), 'pawl-options-'));
const database = join(folder, 'file.db');
writeFileSync(database, '');

export function removeFiles(): void {
  rmSync(folder, { recursive: true, force: true });
}

const model = scriptedModel([reply.text('Hello.')]);
const input = z.object({});
const execute = (): string => 'done';
const look = tool({ name: 'look', description: 'Looks.', input, effect: 'read', execute });
const agent = new Agent({ model });
const text = reply.text('x');
const pass = (): { type: 'pass' } => ({ type: 'pass' });
const roots = { roots: folder };
const LIMITS: Factory['wrong'] = [
  [{ limits: { cost: '1' } }, 'limits.cost is the text "1". Pass a number.'],
  [{ limits: { turn: 2 } }, 'there is no option "limits.turn". Did you mean "limits.turns"?'],
  [{ limits: { costs: 0.01 } }, 'there is no option "limits.costs". Did you mean "limits.cost"?'],
  [{ limits: { maxTurns: 3 } }, 'there is no option "limits.maxTurns".'],
  [{ limits: { turns: 0 } }, 'limits.turns is 0.'],
  [{ limits: { turns: null } }, 'limits.turns is null.'],
  [{ limits: 5 }, 'limits is a number.'],
];
const APPROVALS: Factory['wrong'] = [
  [{ needsApproval: 'yes' }, 'needsApproval is the text "yes". Pass true or false, or a function.'],
  [{ needApproval: true }, 'there is no option "needApproval". Did you mean "needsApproval"?'],
  [{ requireApproval: true }, 'there is no option "requireApproval". The option is "needsApproval".'],
  [{ preview: 'x' }, 'preview is the text "x". Pass a function.'],
];
const INPUT: Factory['wrong'] = ['parameters', 'inputSchema', 'schema', 'input_schema'].map((name) => [
  { [name]: input },
  `there is no option "${name}". The option is "input": a zod schema, or jsonSchema(…).`,
]);
const MESSAGE: Factory['wrong'] = [
  [{ finishreason: 'stop' }, 'Did you mean "finishReason"?'],
  [{ usage: 5 }, 'usage is 5. Pass an object.'],
  [{ form: 'xml' }, 'form is the text "xml". Pass "json" or "sse".'],
];
const CHILD: Factory['wrong'] = [
  [{ isolation: 'required' }, 'isolation is the text "required". Pass "prefer", "require" or "none".'],
  [{ timeoutMs: '5' }, 'timeoutMs is the text "5".'],
];

const agents: readonly Factory[] = [
  {
    name: 'Agent',
    covers: ['AgentOptions'],
    make: (options) => new Agent(options),
    valid: { model, instructions: undefined },
    wrong: [
      ...LIMITS,
      [{ instruction: 'Be brief.' }, 'there is no option "instruction". Did you mean "instructions"?'],
      [{ system: 'Be brief.' }, 'there is no option "system". The option is "instructions".'],
      [{ maxSteps: 5 }, 'there is no option "maxSteps". The option is "limits": limits: { turns }.'],
      [{ temperature: 0 }, 'there is no option "temperature". It is a request field: settings: { temperature }.'],
      [{ durable: {} }, 'It is an option of the run: agent.run(input, { durable }).'],
      [{ settings: { maxTokens: 5 } }, 'Did you mean "settings.max_completion_tokens"?'],
      [{ settings: { temperature: '0' } }, 'settings.temperature is the text "0". Pass a number.'],
      [{ settings: { verbosity: 'loud' } }, 'settings.verbosity is the text "loud". Pass "low", "medium" or "high".'],
      [{ retry: { attempt: 2 } }, 'Did you mean "retry.attempts"?'],
      [{ retry: { attempts: '3' } }, 'retry.attempts is the text "3".'],
      [{ parallelToolCalls: '8' }, 'parallelToolCalls is the text "8".'],
      [{ outputCorrections: true }, 'outputCorrections is true.'],
      [{ toolChoice: 'always' }, 'toolChoice is "always".'],
      [{ middleware: { model: pass } }, 'middleware is an object. Pass a list.'],
      [{ middleware: [{ modle: pass }] }, 'middleware[0] has no hook "modle". Did you mean "model"?'],
      [{ listeners: { text: pass } }, 'there is no event "text". Did you mean "model.text"?'],
      [{ listeners: { 'tool.finished': true } }, '"tool.finished" is true. Pass a function'],
      [{ models: [{}] }, 'models[0] is no model.'],
      [{ clock: Date }, 'clock is a function. Pass a clock: { now, after, sleep }.'],
      [{ random: 0.5 }, 'random is 0.5. Pass a function.'],
      [{ name: 7 }, 'name is 7. Pass a text.'],
      [{ version: 2 }, 'version is 2.'],
      [{ output: { city: z.string() } }, 'output is an object of schemas. Wrap it: z.object({ … }).'],
    ],
  },
  {
    name: 'agent.with',
    covers: [],
    make: (options) => agent.with(options),
    valid: { name: 'other' },
    wrong: [...LIMITS, [{ instruction: '' }, 'Did you mean "instructions"?']],
  },
  {
    name: 'agent.run',
    covers: ['RunOptions'],
    make: (options) => agent.run('Hi.', options),
    valid: { runId: undefined },
    isOptional: true,
    wrong: [
      ...LIMITS,
      [{ host: memory() }, 'there is no option "host". The option is "durable": { durable: host }.'],
      [{ abortSignal: {} }, 'there is no option "abortSignal". The option is "signal".'],
      [{ tools: [] }, 'there is no option "tools". It is an option of the agent: agent.with({ tools }).'],
      [{ temperature: 0 }, 'It is a request field: settings: { temperature }.'],
      [{ stream: 'yes' }, 'stream is the text "yes". Pass true or false.'],
      [{ onExisting: 'ignore' }, 'onExisting is the text "ignore". Pass "refuse" or "attach".'],
      [{ metadata: 'x' }, 'metadata is the text "x". Pass an object.'],
      [{ traceparent: 5 }, 'traceparent is 5. Pass a text.'],
      [{ settings: { top_k: 5 } }, 'openai(model, { extraBody: { top_k } })'],
      [{ durable: {} }, 'durable is no host.'],
      [{ signal: {} }, 'signal is no AbortSignal.'],
      [{ conversation: 'c' }, 'conversation is no conversation.'],
      [{ runId: '' }, 'runId is "".'],
    ],
  },
  {
    name: 'agent.resume',
    covers: ['ResumeOptions'],
    make: (options) => agent.resume('r', options),
    valid: { durable: memory() },
    wrong: [
      ...LIMITS,
      [{ host: memory() }, 'there is no option "host". The option is "durable"'],
      [{ onVersionMismatch: 'ignore' }, 'onVersionMismatch is the text "ignore". Pass "refuse" or "go-on".'],
      [{ onExisting: 'attach' }, 'It is an option of agent.run.'],
    ],
  },
  {
    name: 'agent.asTool',
    covers: ['AsToolOptions'],
    make: (options) => agent.asTool(options),
    valid: { name: 'ask', description: 'Asks.' },
    wrong: [
      ...APPROVALS,
      ...INPUT,
      [{ timeoutMs: 5 }, 'The agent has its own: limits: { durationMs }.'],
      [{ prompt: 'Go.' }, 'prompt is the text "Go.". Pass a function.'],
    ],
  },
  {
    name: 'agent.asHandoff',
    covers: ['HandOffOptions'],
    make: (options) => agent.asHandoff(options),
    valid: { description: 'For refunds.' },
    isOptional: true,
    wrong: [
      [{ inputFilter: pass }, 'The option is "sees".'],
      [{ sees: 'all' }, 'sees is the text "all". Pass a function.'],
    ],
  },
];

const tools: readonly Factory[] = [
  {
    name: 'tool',
    covers: ['ToolOptions'],
    make: (options) => tool(options),
    valid: { name: 'look', description: 'Looks.', input, execute },
    wrong: [
      ...APPROVALS,
      ...INPUT,
      [{ handler: execute }, 'The option is "execute": (input, context) => ….'],
      [{ effect: 'readonly' }, 'effect is the text "readonly". Pass "read", "idempotent" or "once".'],
      [{ inDoubt: 'retry' }, 'inDoubt is the text "retry". Pass "ask", or a function.'],
      [{ exclusive: 'true' }, 'exclusive is the text "true". Pass true or false.'],
      [{ strict: 1 }, 'strict is 1. Pass true or false.'],
      [{ timeoutMs: '5000' }, 'timeoutMs is the text "5000". Pass a number.'],
      [{ timeout: 5 }, 'Did you mean "timeoutMs"?'],
      [{ description: 7 }, 'description is 7. Pass a text.'],
      [{ input: { city: z.string() } }, 'input is an object of schemas. Wrap it: z.object({ … }).'],
      [{ input: { type: 'object' } }, 'input is a plain JSON Schema. Wrap it: jsonSchema(schema).'],
    ],
  },
  {
    name: 'customTool',
    covers: ['CustomToolOptions'],
    make: (options) => customTool(options),
    valid: { name: 'sh', description: 'Runs.', execute },
    wrong: [...APPROVALS, [{ input }, 'A custom tool takes text'], [{ format: { type: 'xml' } }, 'type is "xml".']],
  },
  {
    name: 'withRetry',
    covers: ['ToolRetry'],
    make: (options) => withRetry([look], options),
    valid: { retries: 1 },
    isOptional: true,
    wrong: [
      [{ maxRetries: 1 }, 'The option is "retries".'],
      [{ retries: '1' }, 'retries is the text "1".'],
    ],
  },
  {
    name: 'jsonSchema',
    covers: ['PlainOptions'],
    make: (options) => jsonSchema({ type: 'object' }, options),
    valid: { validate: (value: unknown) => ({ value }) },
    isOptional: true,
    wrong: [[{ validate: true }, 'validate is true. Pass a function.']],
  },
  {
    name: 'RefuseRun',
    covers: [],
    make: (options) => new RefuseRun('No.', options),
    valid: { guard: 'g' },
    isOptional: true,
    wrong: [[{ gaurd: 'g' }, 'Did you mean "guard"?']],
  },
  {
    name: 'SuspendRun',
    covers: [],
    make: (options) => new SuspendRun('Later.', options),
    valid: { preview: {} },
    isOptional: true,
    wrong: [[{ previw: 'g' }, 'Did you mean "preview"?']],
  },
];

const middleware: readonly Factory[] = [
  {
    name: 'inputGuard',
    covers: ['InputGuardOptions'],
    make: (options) => inputGuard(options),
    valid: { name: 'g', check: pass },
    wrong: [
      [{ timing: 'parallel' }, 'timing is the text "parallel". Pass "beside" or "before".'],
      [{ mode: 'before' }, 'The option is "timing"'],
      [{ timeoutMs: '5' }, 'timeoutMs is the text "5".'],
    ],
  },
  {
    name: 'outputGuard',
    covers: ['OutputGuardOptions'],
    make: (options) => outputGuard(options),
    valid: { name: 'g', check: pass },
    wrong: [
      [{ corrections: '1' }, 'corrections is the text "1".'],
      [{ maxRetries: 1 }, 'The option is "corrections".'],
    ],
  },
  {
    name: 'toolGuard',
    covers: ['ToolGuardOptions'],
    make: (options) => toolGuard(options),
    valid: { name: 'g', before: pass },
    wrong: [[{ check: pass }, 'Pass before, after, or both.']],
  },
  {
    name: 'compactBySummary',
    covers: ['SummaryCompactionOptions'],
    make: (options) => compactBySummary(options),
    valid: { window: 1_000 },
    wrong: [
      [{ contextWindow: 5 }, 'The option is "window", in tokens.'],
      [{ window: '1000' }, 'window is the text "1000".'],
      [{ model: 'gpt' }, 'model is the text "gpt". Pass an object.'],
    ],
  },
  {
    name: 'compactByReference',
    covers: ['ReferenceCompactionOptions'],
    make: (options) => compactByReference(options),
    valid: { window: 1_000 },
    wrong: [[{ minLength: 5 }, 'The option is "over".']],
  },
  {
    name: 'summary',
    covers: ['SummaryOptions'],
    make: (options) => summary(options),
    valid: { instructions: 'Briefly.' },
    isOptional: true,
    wrong: [[{ prompt: 'x' }, 'The option is "instructions".']],
  },
  {
    name: 'toolSearch',
    covers: ['ToolSearchOptions'],
    make: (options) => toolSearch([look], options),
    valid: { above: 5 },
    isOptional: true,
    wrong: [
      [{ threshold: 5 }, 'The option is "above".'],
      [{ always: 'look' }, 'always is the text "look". Pass a list.'],
    ],
  },
];

const models: readonly Factory[] = [
  {
    name: 'openai',
    covers: ['OpenAIOptions'],
    make: (options) => openai('m', options),
    valid: { baseURL: 'http://127.0.0.1:1/v1' },
    isOptional: true,
    wrong: [
      [{ baseUrl: 'http://127.0.0.1' }, 'there is no option "baseUrl". Did you mean "baseURL"?'],
      [{ apikey: 'sk' }, 'Did you mean "apiKey"?'],
      [{ maxRetries: 2 }, 'It is an option of the agent: retry: { attempts }.'],
      [{ timeout: 5 }, 'The option is "timeouts"'],
      [{ timeouts: { idle: 5 } }, 'Did you mean "timeouts.idleMs"?'],
      [{ timeouts: { idleMs: '5' } }, 'timeouts.idleMs is the text "5".'],
      [{ caps: { call: 5 } }, 'Did you mean "caps.calls"?'],
      [{ price: { input: 1 } }, 'price.output is undefined. Pass US dollars a million tokens, 0 or more.'],
      [{ price: { input: '1', output: 2 } }, 'price.input is the text "1".'],
      [{ price: { input: 1, output: 2, cached: 1 } }, 'The option is "cachedInput".'],
      [{ price: { input: -1, output: 2 } }, 'price.input is -1.'],
      [{ extraBody: 'x' }, 'extraBody is the text "x". Pass an object.'],
      [{ headers: new Headers({ a: 'b' }) }, 'The headers are a Headers.'],
      [{ headers: 'x' }, 'The headers are a text.'],
      [{ profile: 'olama' }, 'There is no profile "olama". Did you mean "ollama"?'],
      [{ profile: { tokenfield: 'max_tokens' } }, 'A profile has no field "tokenfield". Did you mean "tokenField"?'],
      [{ profile: 7 }, 'The profile is 7.'],
      [{ fetch: true }, 'fetch is true. Pass a function.'],
      [{ organization: 5 }, 'organization is 5. Pass a text.'],
    ],
  },
  {
    name: 'azure',
    covers: ['AzureOptions'],
    make: (options) => azure('m', options),
    valid: { endpoint: 'https://my.openai.azure.com' },
    isOptional: true,
    wrong: [
      [{ baseURL: 'x' }, 'The option is "endpoint".'],
      [{ apiversion: 'x' }, 'Did you mean "apiVersion"?'],
      [{ tokenProvider: 'x' }, 'tokenProvider is the text "x". Pass a function.'],
      [{ organization: 'x' }, 'there is no option "organization".'],
    ],
  },
  {
    name: 'route',
    covers: ['RouteOptions'],
    make: (options) => route(options),
    valid: { models: [model], choose: () => model },
    wrong: [
      [{ models: model }, 'models is an object. Pass a list.'],
      [{ choose: undefined }, 'route has no function.'],
      [{ models: ['gpt'] }, 'route: the model is the text "gpt".'],
    ],
  },
  {
    name: 'withRateLimit',
    covers: ['RateLimit'],
    make: (options) => withRateLimit(model, options),
    valid: { requestsPerMinute: 5 },
    wrong: [
      [{ rpm: 5 }, 'The option is "requestsPerMinute".'],
      [{ tokensPerMinute: '5' }, 'tokensPerMinute is the text "5".'],
    ],
  },
  {
    name: 'memoryStore',
    covers: [],
    make: (options) => memoryStore(options),
    valid: { most: 5 },
    isOptional: true,
    wrong: [[{ maxEntries: 5 }, 'The option is "most".']],
  },
];

const hosts: readonly Factory[] = [
  {
    name: 'memory',
    covers: ['MemoryOptions'],
    make: (options) => memory(options),
    valid: { listeners: undefined },
    isOptional: true,
    wrong: [
      [{ listener: {} }, 'Did you mean "listeners"?'],
      [{ listeners: { 'tool.finish': pass } }, 'there is no event "tool.finish". Did you mean "tool.finished"?'],
    ],
  },
  {
    name: 'sqlite',
    covers: ['SqliteOptions'],
    make: (options) => sqlite(':memory:', options),
    valid: { leaseMs: 5_000 },
    isOptional: true,
    wrong: [
      [{ synchronous: 'off' }, 'synchronous is the text "off". Pass "full" or "normal".'],
      [{ lease: 5 }, 'Did you mean "leaseMs"?'],
      [{ lockedMs: '5' }, 'lockedMs is the text "5".'],
    ],
  },
  {
    name: 'sqliteConversations',
    covers: ['SqliteConversationsOptions'],
    make: (options) => sqliteConversations(':memory:', options),
    valid: { lockedMs: 5_000 },
    isOptional: true,
    wrong: [[{ synchronous: 'FULL' }, 'synchronous is the text "FULL".']],
  },
  {
    name: 'dbosHost',
    covers: ['DbosOptions', 'QueueOptions'],
    make: (options) => dbosHost(options),
    valid: {},
    wrong: [
      [{ workerId: 'w' }, 'The option is "executorId".'],
      [{ queue: { concurency: 1 } }, 'Did you mean "queue.concurrency"?'],
      [{ queue: { rateLimit: { runs: '1' } } }, 'queue.rateLimit.runs is the text "1".'],
      [{ onRun: true }, 'onRun is true. Pass a function.'],
      [{ executorId: 'w', listeners: { nothing: pass } }, 'there is no event "nothing".'],
    ],
  },
  {
    name: 'dbosClient',
    covers: ['DbosClientOptions'],
    make: (options) => dbosClient(options),
    valid: {},
    wrong: [[{ connectionString: 'x' }, 'The option is "url".']],
  },
  {
    name: 'conversation',
    covers: ['ConversationOptions'],
    make: (options) => conversation(options),
    valid: { id: 'c', store: memoryConversations() },
    wrong: [
      [{ sessionId: 'c' }, 'The option is "id".'],
      [{ timeoutMs: '5' }, 'timeoutMs is the text "5".'],
    ],
  },
  {
    name: 'host.enqueue',
    covers: ['EnqueueOptions'],
    make: (options) => memory().enqueue('a', 'Go.', options),
    valid: { metadata: {} },
    isOptional: true,
    wrong: [
      ...LIMITS,
      [{ runID: 'r' }, 'Did you mean "runId"?'],
      [{ conversation: {} }, 'A run that is enqueued is part of no conversation.'],
    ],
  },
  {
    name: 'host.fork',
    covers: ['ForkOptions'],
    make: (options) => fork(options),
    valid: { before: 'model:1' },
    wrong: [
      [{ step: 'model:1' }, 'The option is "before".'],
      [{ messages: 'Hi.' }, 'messages is the text "Hi.". Pass a list.'],
    ],
  },
  {
    name: 'host.events',
    covers: ['FollowOptions'],
    make: async (options) => {
      const host = await memoryWithRun();
      for await (const _ of host.events('r', options)) return host;
      return host;
    },
    valid: { after: 0 },
    isOptional: true,
    wrong: [
      [{ live: 'yes' }, 'live is the text "yes". Pass true or false.'],
      [{ from: 5 }, 'there is no option "from".'],
    ],
  },
  {
    name: 'host.cancel',
    covers: [],
    make: async (options) => (await memoryWithRun()).cancel('r', options),
    valid: { reason: 'Enough.' },
    isOptional: true,
    wrong: [[{ reasons: 'x' }, 'Did you mean "reason"?']],
  },
  {
    name: 'host.read',
    covers: [],
    make: async (options) => (await memoryWithRun()).read('r', options),
    valid: { after: 0 },
    isOptional: true,
    wrong: [[{ since: 5 }, 'there is no option "since".']],
  },
  {
    name: 'host.close',
    covers: [],
    make: async (options) => memory().close(options),
    valid: { graceMs: 0 },
    isOptional: true,
    wrong: [[{ timeoutMs: 5 }, 'The option is "graceMs".']],
  },
  {
    name: 'host.delete',
    covers: [],
    make: async (options) => {
      const host = sqlite(':memory:');
      await host.delete(options).finally(() => host.close());
    },
    valid: { olderThanMs: 5 },
    wrong: [
      [{ olderThan: 5 }, 'The option is "olderThanMs", in milliseconds.'],
      [{ olderThanMs: undefined }, 'olderThanMs is undefined. Pass milliseconds.'],
    ],
  },
  {
    name: 'host.resumeAll',
    covers: [],
    make: async (options) => {
      const host = sqlite(':memory:');
      await host.resumeAll([options]).finally(() => host.close());
    },
    valid: { agent },
    wrong: [
      [{ contxt: () => 1 }, 'Did you mean "context"?'],
      [{ context: {} }, 'context is an object. Pass a function.'],
      [{ agent: {} }, 'an object is no agent to be resumed.'],
    ],
  },
];

async function memoryWithRun() {
  const host = memory();
  await new Agent({ model: scriptedModel([text]) }).run('Hi.', { durable: host, runId: 'r' });
  return host;
}

async function fork(options: never): Promise<string> {
  return (await memoryWithRun()).fork('r', options);
}

const testing: readonly Factory[] = [
  {
    name: 'manualClock',
    covers: ['ManualClockOptions'],
    make: (options) => manualClock(options),
    valid: { startMs: 5 },
    isOptional: true,
    wrong: [[{ sleeps: 'never' }, 'sleeps is the text "never". Pass "at-once" or "held".']],
  },
  {
    name: 'scriptedModel',
    covers: ['ScriptedModelOptions'],
    make: (options) => scriptedModel([text], options),
    valid: { name: 'm' },
    isOptional: true,
    wrong: [[{ price: { input: '1' } }, 'price.input is the text "1".']],
  },
  {
    name: 'schemaModel',
    covers: ['SchemaModelOptions'],
    make: (options) => schemaModel(options),
    valid: { seed: 1 },
    isOptional: true,
    wrong: [[{ exercise: 'twice' }, 'exercise is the text "twice".']],
  },
  {
    name: 'exploreAgent',
    covers: ['ExploreOptions', 'LiveOptions'],
    make: (options) => exploreAgent(agent, options),
    valid: { seeds: 1 },
    isOptional: true,
    wrong: [
      [{ runs: 5 }, 'The option is "seeds".'],
      [{ seeds: '5' }, 'seeds is the text "5".'],
    ],
  },
  {
    name: 'blockNetwork',
    covers: ['BlockNetworkOptions'],
    make: (options) => blockNetwork(options)(),
    valid: { allow: [] },
    isOptional: true,
    wrong: [[{ allow: [5] }, 'allow is a list with 5. Pass a list of texts.']],
  },
  {
    name: 'withFaults',
    covers: [],
    make: (options) => withFaults(model, options),
    valid: { seed: 5 },
    wrong: [[{ sed: 5 }, 'Did you mean "seed"?']],
  },
  {
    name: 'offlineServer',
    covers: ['OfflineServerOptions'],
    make: async (options) => (await offlineServer(options)).close(),
    valid: { script: [text] },
    isOptional: true,
    wrong: [
      [{ replies: [text] }, 'The option is "script".'],
      [{ checks: 'strict' }, 'checks is the text "strict". Pass "openai" or "none".'],
      [{ script: ['Hello.'] }, 'Entry 1 of the script is no reply: "Hello.".'],
    ],
  },
  {
    name: 'testTool',
    covers: ['TestToolOptions'],
    make: (options) => testTool(look, options),
    valid: { context: 5 },
    isOptional: true,
    wrong: [[{ approve: true }, 'The option is "answer".']],
  },
  ...(['text', 'refusal', 'length', 'contentFilter'] as const).map((name): Factory => {
    return {
      name: `reply.${name}`,
      covers: ['MessageOptions'],
      make: (options) => reply[name]('x', options),
      valid: { usage: null },
      isOptional: true,
      wrong: MESSAGE,
    };
  }),
  {
    name: 'reply.empty',
    covers: [],
    make: (options) => reply.empty(options),
    valid: {},
    isOptional: true,
    wrong: MESSAGE,
  },
  {
    name: 'reply.message',
    covers: [],
    make: (options) => reply.message({ role: 'assistant', content: 'x' }, options),
    valid: {},
    isOptional: true,
    wrong: MESSAGE,
  },
  {
    name: 'reply.call',
    covers: ['CallOptions'],
    make: (options) => reply.call('look', {}, options),
    valid: { id: 'c' },
    isOptional: true,
    wrong: [...MESSAGE, [{ id: 5 }, 'id is 5. Pass a text.']],
  },
  {
    name: 'reply.custom',
    covers: [],
    make: (options) => reply.custom('sh', 'ls', options),
    valid: { id: 'c' },
    isOptional: true,
    wrong: MESSAGE,
  },
  {
    name: 'reply.calls',
    covers: ['CallsOptions'],
    make: (options) => reply.calls([{ name: 'look' }], options),
    valid: { text: 'x' },
    isOptional: true,
    wrong: MESSAGE,
  },
  {
    name: 'an entry of reply.calls',
    covers: [],
    make: (options) => reply.calls([options]),
    valid: { name: 'look', arguments: {} },
    wrong: [[{ args: {} }, 'The option is "arguments".']],
  },
  {
    name: 'reply.httpError',
    covers: ['HttpErrorOptions'],
    make: (options) => reply.httpError(500, options),
    valid: { code: null },
    isOptional: true,
    wrong: [[{ header: {} }, 'Did you mean "headers"?']],
  },
  {
    name: 'reply.cut',
    covers: ['InterruptionOptions'],
    make: (options) => reply.cut(text, options),
    valid: { afterChunks: 1 },
    isOptional: true,
    wrong: [[{ afterChunk: 1 }, 'Did you mean "afterChunks"?']],
  },
  {
    name: 'reply.stall',
    covers: ['StallOptions'],
    make: (options) => reply.stall(text, options),
    valid: { afterChunks: 1 },
    isOptional: true,
    wrong: [[{ afterChunks: '1' }, 'afterChunks is the text "1".']],
  },
  {
    name: 'reply.reset',
    covers: ['ResetOptions'],
    make: (options) => reply.reset(options),
    valid: { reply: text },
    isOptional: true,
    wrong: [[{ replies: text }, 'Did you mean "reply"?']],
  },
  {
    name: 'reply.streamError',
    covers: ['StreamErrorOptions'],
    make: (options) => reply.streamError('x', options),
    valid: { reply: text },
    isOptional: true,
    wrong: [[{ reply: 'x' }, 'reply is the text "x". Pass an object.']],
  },
  {
    name: 'reply.held',
    covers: [],
    make: (options) => reply.held(text, options),
    valid: { until: Promise.resolve() },
    wrong: [[{ untill: 1 }, 'Did you mean "until"?']],
  },
  {
    name: 'reply.body',
    covers: ['BodyOptions'],
    make: (options) => reply.body('x', options),
    valid: { status: 201 },
    isOptional: true,
    wrong: [[{ status: '201' }, 'status is the text "201".']],
  },
  {
    name: 'reply.sse',
    covers: [],
    make: (options) => reply.sse([], options),
    valid: { headers: {} },
    isOptional: true,
    wrong: [[{ status: 201 }, 'there is no option "status".']],
  },
  {
    name: 'cassette',
    covers: ['CassetteOptions'],
    make: (options) => cassette(join(folder, 'tape.jsonl'), options),
    valid: { mode: 'record', isContinuousIntegration: false },
    isOptional: true,
    wrong: [[{ mode: 'play' }, 'mode is the text "play".']],
  },
  {
    name: 'cassetteFrom',
    covers: ['CassetteFromOptions'],
    make: (options) => cassetteFrom([], join(folder, 'from.jsonl'), options),
    valid: { secrets: [] },
    isOptional: true,
    wrong: [[{ secret: 'x' }, 'Did you mean "secrets"?']],
  },
  {
    name: 'conformance',
    covers: ['ConformanceOptions'],
    make: async (options) => {
      const server = await offlineServer();
      return conformance(server.baseURL, options).finally(() => server.close());
    },
    valid: { timeoutMs: 20_000 },
    isOptional: true,
    wrong: [[{ maxTokens: '5' }, 'maxTokens is the text "5".']],
  },
  {
    name: 'evaluate',
    covers: ['EvaluateOptions'],
    make: (options) => evaluate(options),
    valid: { cases: [{ name: 'a', input: 'x' }], run: () => agent.run('x').outcome(), scorers: [exactly()] },
    wrong: [
      [{ data: [] }, 'The option is "cases".'],
      [{ repeats: '2' }, 'repeats is the text "2".'],
    ],
  },
  {
    name: 'conclude',
    covers: ['ConcludeOptions'],
    make: (options) => conclude({ name: 'e', cases: [], scorers: [], mean: 1 }, options),
    valid: { print: () => undefined },
    isOptional: true,
    wrong: [[{ threshold: 0.5 }, 'The option is "least".']],
  },
  {
    name: 'judge',
    covers: ['JudgeOptions'],
    make: (options) => judge(options),
    valid: { model, question: 'Is it good?' },
    wrong: [[{ prompt: 'x' }, 'The option is "question".']],
  },
  {
    name: 'within',
    covers: [],
    make: (options) => within(options),
    valid: { turns: 2 },
    wrong: [[{ turn: 2 }, 'Did you mean "turns"?']],
  },
  {
    name: 'hostConformance',
    covers: [],
    make: (options) => hostConformance(options),
    valid: { open: () => memory() },
    wrong: [[{ create: pass }, 'The option is "open".']],
  },
  {
    name: 'FragileHost',
    covers: [],
    make: (options) => new FragileHost(memory(), options),
    valid: { at: 1, moment: 'before' },
    wrong: [[{ moment: 'during' }, 'moment is the text "during". Pass "before", "within" or "after".']],
  },
];

const readyMade: readonly Factory[] = [
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

export const FACTORIES: readonly Factory[] = [
  ...agents,
  ...tools,
  ...middleware,
  ...models,
  ...hosts,
  ...testing,
  ...readyMade,
];
