import { Agent, conversation, memoryConversations, memoryHost } from '@pawl/core';
import { logEvents } from '@pawl/core/events';
import { createHost, SCHEMA_VERSION } from '@pawl/core/host';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { memoryWireLog } from '@pawl/core/wire-log';
import { dbosClient, dbosHost } from '@pawl/dbos';
import { scriptedModel } from '@pawl/testing';
import { DirectoryStore } from '../durable/directory-store.ts';
import { agent, type Factory, LIMITS, pass, text } from './factory.ts';

export const hosts: readonly Factory[] = [
  {
    name: 'memoryHost',
    covers: ['MemoryHostOptions'],
    make: (options) => memoryHost(options),
    valid: { listeners: undefined },
    isOptional: true,
    wrong: [
      [{ listener: {} }, 'Did you mean "listeners"?'],
      [{ listeners: { 'tool.finish': pass } }, 'there is no event "tool.finish". Did you mean "tool.finished"?'],
    ],
  },
  {
    name: 'logEvents',
    covers: ['LogEventsOptions'],
    make: (options) => logEvents(options),
    valid: { write: pass },
    wrong: [
      [{ write: 'stdout' }, 'write is the text "stdout". Pass a function.'],
      [{ level: 'trace' }, 'level is the text "trace".'],
      [{ format: 'pretty' }, 'format is the text "pretty".'],
      [{ content: 'all' }, 'content is the text "all".'],
      [{ levels: 'info' }, 'Did you mean "level"?'],
      [{ logger: console }, 'Pass a function: write: (line, level, fields)'],
    ],
  },
  {
    name: 'memoryWireLog',
    covers: ['MemoryWireLogOptions'],
    make: (options) => memoryWireLog(options),
    valid: { maxBytesPerRun: 5_000, maxRuns: 5 },
    isOptional: true,
    wrong: [
      [{ maxBytes: 5 }, 'The option is "maxBytesPerRun".'],
      [{ maxRuns: '5' }, 'maxRuns is the text "5".'],
    ],
  },
  {
    name: 'createHost',
    covers: ['StoreHostOptions'],
    make: (options) => createHost(new DirectoryStore('never-used'), options),
    valid: { listeners: undefined },
    isOptional: true,
    wrong: [[{ listener: {} }, 'Did you mean "listeners"?']],
  },
  {
    name: 'sqliteHost',
    covers: ['SqliteHostOptions'],
    make: (options) => sqliteHost(':memory:', options),
    valid: { leaseMs: 5_000 },
    isOptional: true,
    wrong: [
      [{ synchronous: 'off' }, 'synchronous is the text "off". Pass "full" or "normal".'],
      [{ lease: 5 }, 'Did you mean "leaseMs"?'],
      [{ lockedMs: 5 }, 'The option is "lockTimeoutMs".'],
      [{ lockTimeoutMs: '5' }, 'lockTimeoutMs is the text "5".'],
    ],
  },
  {
    name: 'sqliteConversations',
    covers: ['SqliteConversationsOptions'],
    make: (options) => sqliteConversations(':memory:', options),
    valid: { lockTimeoutMs: 5_000 },
    isOptional: true,
    wrong: [
      [{ synchronous: 'FULL' }, 'synchronous is the text "FULL".'],
      [{ lockedMs: 5 }, 'The option is "lockTimeoutMs".'],
    ],
  },
  {
    name: 'dbosHost',
    covers: ['DbosHostOptions', 'QueueOptions'],
    make: (options) => dbosHost(options),
    valid: {},
    wrong: [
      [{ workerId: 'w' }, 'The option is "executorId".'],
      [{ queue: { concurency: 1 } }, 'Did you mean "queue.concurrency"?'],
      [{ queue: { rateLimit: { runs: '1' } } }, 'queue.rateLimit.runs is the text "1".'],
      [{ onRun: true }, 'onRun is true. Pass a function.'],
      [
        { url: 'postgresql://127.0.0.1:1/none', executorId: 'w', listeners: { nothing: pass } },
        'there is no event "nothing".',
      ],
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
    make: (options) => memoryHost().enqueue('a', 'Go.', options),
    valid: { metadata: {} },
    isOptional: true,
    wrong: [
      ...LIMITS,
      [{ runID: 'r' }, 'Did you mean "runId"?'],
      [{ owner: '' }, 'owner is the text "".'],
      [{ userId: 'ada' }, 'The option is "owner".'],
      [{ conversation: {} }, 'An enqueued run cannot be part of a conversation.'],
      [{ traceparent: 'abc' }, 'traceparent is the text "abc". Pass the W3C header'],
      [{ tracestate: 'a=1' }, 'there is tracestate, but no traceparent. Pass both headers'],
      [
        { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'ä=1' },
        'tracestate is the text "ä=1". Pass the W3C header',
      ],
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
    name: 'host.followRun',
    covers: ['FollowOptions'],
    make: async (options) => {
      const host = await openHostWithRun();
      for await (const _ of host.followRun('r', options)) return host;
      return host;
    },
    valid: { after: 0, untilSuspended: true },
    isOptional: true,
    wrong: [
      [{ untilSuspended: 1 }, 'untilSuspended is 1. Pass true or false.'],
      [{ live: 'yes' }, 'live is the text "yes". Pass true or false.'],
      [{ from: 5 }, 'there is no option "from".'],
    ],
  },
  {
    name: 'host.listRuns',
    covers: [],
    make: (options) => memoryHost().listRuns(options),
    valid: { status: 'completed' },
    isOptional: true,
    wrong: [
      [{ state: 'failed' }, 'Did you mean "status"?'],
      [{ offset: 5 }, 'The option is "after"'],
      [{ owner: 7 }, "owner is 7. Pass an owner's id."],
      [{ status: 'done' }, 'status is "done".'],
      [{ order: 'newest' }, 'order is "newest".'],
    ],
  },
  {
    name: 'host.countRuns',
    covers: [],
    make: (options) => memoryHost().countRuns(options),
    valid: { owner: 'ada' },
    isOptional: true,
    wrong: [
      [{ status: 'failed' }, 'The counts are by status'],
      [{ owner: 7 }, 'host.countRuns: owner is 7.'],
    ],
  },
  {
    name: 'host.answer',
    covers: ['AnswerOptions'],
    make: async (options) => {
      const host = await openHostWithWait();
      await host.answer('r', 'approval:1.0', { type: 'approve', fingerprint: 'f' }, options);
    },
    valid: { by: 'ada' },
    isOptional: true,
    wrong: [
      [{ by: 7 }, 'host.answer: by is 7. Pass a text'],
      [{ user: 'ada' }, 'The option is "by".'],
    ],
  },
  {
    name: 'host.sendMessage',
    covers: [],
    make: async (options) => {
      await (await openHostWithWait()).sendMessage('r', { role: 'user', content: 'Stop.' }, options);
    },
    valid: { by: 'ada' },
    isOptional: true,
    wrong: [[{ by: '' }, 'host.sendMessage: by is the text "".']],
  },
  {
    name: 'host.cancel',
    covers: [],
    make: async (options) => (await openHostWithRun()).cancel('r', options),
    valid: { reason: 'Enough.' },
    isOptional: true,
    wrong: [[{ reasons: 'x' }, 'Did you mean "reason"?']],
  },
  {
    name: 'host.getRun',
    covers: [],
    make: async (options) => (await openHostWithRun()).getRun('r', options),
    valid: { after: 0 },
    isOptional: true,
    wrong: [[{ since: 5 }, 'there is no option "since".']],
  },
  {
    name: 'host.close',
    covers: [],
    make: async (options) => memoryHost().close(options),
    valid: { graceMs: 0 },
    isOptional: true,
    wrong: [[{ timeoutMs: 5 }, 'The option is "graceMs".']],
  },
  {
    name: 'host.deleteRuns',
    covers: ['DeleteOptions'],
    make: async (options) => {
      const host = sqliteHost(':memory:');
      await host.deleteRuns(options).finally(() => host.close());
    },
    valid: { olderThanMs: 5 },
    wrong: [
      [{ olderThan: 5 }, 'The option is "olderThanMs", in milliseconds.'],
      [{ olderThanMs: undefined }, 'olderThanMs is undefined. Pass milliseconds, or { runIds }.'],
      [{ runIds: ['a'] }, 'olderThanMs and runIds exclude each other.'],
      [{ runId: 'a' }, 'The option is "runIds", a list.'],
    ],
  },
  {
    name: 'host.resumeAll',
    covers: [],
    make: async (options) => {
      const host = sqliteHost(':memory:');
      await host.resumeAll([options]).finally(() => host.close());
    },
    valid: { agent },
    wrong: [
      [{ contxt: () => 1 }, 'Did you mean "context"?'],
      [{ context: {} }, 'context is an object. Pass a function.'],
      [{ agent: {} }, 'an object is not an agent.'],
    ],
  },
];

async function openHostWithRun() {
  const host = memoryHost();
  await new Agent({ model: scriptedModel([text]) }).run('Hi.', { host, runId: 'r' });
  return host;
}

async function openHostWithWait() {
  const host = memoryHost();
  const record = {
    schemaVersion: SCHEMA_VERSION,
    runId: 'r',
    agent: 'a',
    messages: [],
    limits: {},
    metadata: {},
    at: 0,
  };
  await (await host.start(record)).waitFor('approval:1.0', { fingerprint: 'f', accepts: ['approve'] });
  return host;
}

async function fork(options: never): Promise<string> {
  return (await openHostWithRun()).fork('r', options);
}
