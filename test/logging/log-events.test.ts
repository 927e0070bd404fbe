import {
  Agent,
  ConfigError,
  type JsonObject,
  type Listeners,
  memoryHost,
  openai,
  type RunEvent,
  tool,
} from '@pawl/core';
import { type LogEventsOptions, type LogLevel, logEvents } from '@pawl/core/events';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { collectEvents } from '../../scripts/event-examples.ts';
import { createFile, openSqlite } from '../durable/hosts.ts';

const SECRET = 'the customer is Ada';

interface LoggedLine {
  readonly line: string;
  readonly level: LogLevel;
  readonly fields: JsonObject;
}

function collect(options: Omit<LogEventsOptions, 'write'> = {}): {
  readonly lines: LoggedLine[];
  readonly listeners: Listeners;
} {
  const lines: LoggedLine[] = [];
  const write: LogEventsOptions['write'] = (line, level, fields) => lines.push({ line, level, fields });
  return { lines, listeners: logEvents({ write, ...options }) };
}

const say = tool({
  name: 'say',
  description: 'Says.',
  input: z.object({ text: z.string() }),
  effect: 'read',
  execute: ({ text }) => {
    if (text.includes('fail')) throw new Error(`No: ${text}`);
    return `${text}\nand more`;
  },
});

/** A run with a retry, a call that succeeds, one that fails and an answer, with content in everything that can have it. */
function talk(): ReturnType<typeof scriptedModel> {
  return scriptedModel([
    respond.httpError(503, { message: SECRET }),
    respond.calls([
      { name: 'say', arguments: { text: SECRET } },
      { name: 'say', arguments: { text: `fail: ${SECRET}` } },
    ]),
    respond.text(SECRET),
  ]);
}

async function runLogged(options: Omit<LogEventsOptions, 'write'> = {}): Promise<readonly LoggedLine[]> {
  const { lines, listeners } = collect(options);
  const agent = new Agent({ model: talk(), tools: [say], retry: { initialDelayMs: 0 }, listeners });
  await agent.run(SECRET, { runId: 'r' });
  return lines;
}

describe('logEvents', () => {
  test('writes a JSON line for each event of a run, with its level', async () => {
    const lines = await runLogged();

    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lines.map(({ line }) => JSON.parse(line))).toEqual(
      lines.map(({ level, fields }) => ({ time, level, ...fields })),
    );
    expect(lines.map(({ level, fields }) => `${level} ${fields['event']}`)).toEqual([
      'info run.started',
      'warn attempt.failed',
      'info model.responded',
      'info tool.finished',
      'warn tool.failed',
      'info model.responded',
      'info run.finished',
    ]);
    expect(lines.find(({ fields }) => fields['event'] === 'attempt.failed')?.fields).toEqual({
      event: 'attempt.failed',
      runId: 'r',
      agent: 'agent',
      turn: 1,
      attempt: 1,
      model: 'scripted',
      error: { name: 'HttpError', code: 'http.503', status: 503 },
      retryInMs: 0,
    });
    expect(lines.at(-1)?.fields).toMatchObject({ status: 'completed', turnCount: 2, toolCallCount: 2 });
  });

  test('has no content in any line by default, in either format and on every level', async () => {
    for (const format of ['json', 'text'] as const) {
      const lines = await runLogged({ format, level: 'debug' });
      expect(lines.length).toBeGreaterThan(10);
      expect(JSON.stringify(lines)).not.toContain('Ada');
    }
  });

  test('picks no content from any type of event', async () => {
    const events = await collectEvents();
    const { lines, listeners } = collect({ level: 'debug' });
    for (const event of events.values()) callListener(listeners, withMarkedTexts(event));

    const pieces = ['text.delta', 'reasoning.delta', 'refusal.delta', 'tool_call.delta', 'output.partial'];
    const types = [...events.keys()].filter((type) => !pieces.includes(type));
    expect(lines.map(({ fields }) => fields['event']).sort()).toEqual(types.sort());
    expect(lines.map(({ line }) => line).filter((line) => line.includes(MARK))).toEqual([]);
  });

  test('adds the content of an event if content is true', async () => {
    const lines = await runLogged({ content: true });
    const finished = lines.find(({ fields }) => fields['event'] === 'tool.finished');

    expect(finished?.fields['content']).toMatchObject({ input: { text: SECRET }, output: `${SECRET}\nand more` });
    expect(finished?.fields['content']).not.toHaveProperty('runId');
    expect(finished?.fields['content']).not.toHaveProperty('seq');
    expect(finished?.fields['content']).not.toHaveProperty('toolName');
    expect(JSON.parse(finished?.line ?? '')).toMatchObject(finished?.fields ?? {});
  });

  test('adds what a content function returns for an event, and nothing for undefined', async () => {
    const content = (event: RunEvent) => (event.type === 'tool.finished' ? { chars: event.content.length } : undefined);
    const lines = await runLogged({ content });

    expect(lines.filter(({ fields }) => 'content' in fields).map(({ fields }) => fields)).toMatchObject([
      { event: 'tool.finished', content: { chars: SECRET.length + '\nand more'.length } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('Ada');
  });

  test('writes the line of formatEvent if format is text and content is true, without its line breaks', async () => {
    const lines = await runLogged({ format: 'text', content: true });
    const text = lines.map(({ line }) => line.replace(/^\S+ /, '').replace(/\d+ ms/, 'N ms'));

    expect(text).toContainEqual(`info r ✓ say {"text":"${SECRET}"} ${SECRET} and more  (N ms)`);
    expect(text[0]).toMatch(/^info run\.started runId=r agent=agent messageCount=1 content=\{/);
    expect(lines.every(({ line }) => !/\p{Cc}/u.test(line))).toBe(true);
  });

  test('writes names and values if format is text', async () => {
    const lines = await runLogged({ format: 'text', level: 'warn' });

    expect(lines.map(({ line }) => line.replace(/^\S+ /, '').replace(/"call[^"]*"|call[-\w]*/, 'ID'))).toEqual([
      'warn attempt.failed runId=r agent=agent turn=1 attempt=1 model=scripted error={"name":"HttpError","code":"http.503","status":503} retryInMs=0',
      expect.stringMatching(
        /^warn tool\.failed runId=r agent=agent turn=1 index=1 toolName=say .* reason=threw durationMs=\d+ error=\{"name":"Error"\}$/,
      ),
    ]);
  });

  test.each<[LogLevel, readonly string[]]>([
    ['warn', ['attempt.failed', 'tool.failed']],
    ['error', []],
  ])('writes no event below the level %s', async (level, types) => {
    const lines = await runLogged({ level });
    expect(lines.map(({ fields }) => fields['event'])).toEqual(types);
  });

  test('logs a failed run as an error and a limited one as a warning', async () => {
    const { lines, listeners } = collect({ level: 'warn' });
    await new Agent({ model: scriptedModel([respond.httpError(401)]), listeners }).run('Go.').outcome();
    await new Agent({ model: talk(), tools: [say], retry: { initialDelayMs: 0 }, listeners, limits: { turns: 1 } })
      .run('Go.')
      .outcome();

    const ends = lines.filter(({ fields }) => fields['event'] === 'run.finished');
    expect(ends.map(({ level, fields }) => [level, fields['status']])).toEqual([
      ['error', 'failed'],
      ['warn', 'limited'],
    ]);
    expect(ends[0]?.fields['error']).toMatchObject({ code: 'http.401', status: 401 });
  });

  test('listens to no type that has no line, so that it causes no work for it', () => {
    expect(Object.keys(collect({ level: 'error' }).listeners).sort()).toEqual([
      'listener.failed',
      'model.failed',
      'output.checked',
      'run.finished',
    ]);
    expect(collect({ level: 'debug' }).listeners).not.toHaveProperty('*');
  });

  test('makes no request stream', async () => {
    const model = scriptedModel([respond.text('Hi.')]);
    await new Agent({ model, listeners: collect({ level: 'debug', content: true }).listeners }).run('Go.');
    expect(model.requests.map(({ stream = false }) => stream)).toEqual([false]);
  });

  test('writes each event of a resumed run once, by a host', async () => {
    const { lines, listeners } = collect();
    const host = openSqlite(createFile(), { listeners });
    const ask = tool({ name: 'ask', description: 'A', input: z.object({}), needsApproval: true, execute: () => 'yes' });
    const agent = new Agent({ model: scriptedModel([respond.call('ask', {}), respond.text('End.')]), tools: [ask] });
    const outcome = await agent.run('Go.', { host, runId: 'r' }).outcome();
    if (outcome.status !== 'suspended') throw new Error(outcome.status);
    const [{ id, fingerprint } = { id: '', fingerprint: '' }] = outcome.pending;
    await host.answer('r', id, { type: 'approve', fingerprint });
    await agent.resume('r', { host });

    const types = lines.map(({ fields }) => fields['event']);
    expect(types.filter((type) => type === 'run.started')).toHaveLength(1);
    expect(types.filter((type) => type === 'approval.requested')).toHaveLength(1);
    expect(types.filter((type) => type === 'tool.finished')).toHaveLength(1);
    expect(lines.find(({ fields }) => fields['event'] === 'approval.answered')?.fields).toMatchObject({
      toolName: 'ask',
      answer: 'approve',
    });
  });

  test('names the path and the agent of a run inside another', async () => {
    const { lines, listeners } = collect();
    const inner = new Agent({ name: 'inner', model: scriptedModel([respond.text('In.')]) });
    const model = scriptedModel([respond.call('inner', { prompt: 'Go.' }), respond.text('End.')]);
    const tools = [inner.asTool({ name: 'inner', description: 'I' })];
    await new Agent({ model, tools, listeners }).run('Go.', { host: memoryHost() });

    const paths = lines.filter(({ fields }) => fields['event'] === 'run.finished').map(({ fields }) => fields);
    expect(paths[0]).toMatchObject({ path: 'tool:1.0', agent: 'inner' });
    expect(paths[1]).toMatchObject({ agent: 'agent' });
    expect(paths[1]).not.toHaveProperty('path');
  });

  test('does not show the key that a server repeats in an error, with content either', async () => {
    const apiKey = 'sk-very-secret-key-1234567890';
    const server = await offlineServer({ script: () => respond.httpError(401, { message: `Wrong key: ${apiKey}` }) });
    onTestFinished(() => server.close());
    for (const format of ['json', 'text'] as const) {
      const { lines, listeners } = collect({ level: 'debug', content: true, format });
      const model = openai('m', { baseURL: server.baseURL, apiKey });
      await new Agent({ model, listeners }).run('Go.').outcome();
      expect(lines.length).toBeGreaterThan(2);
      expect(JSON.stringify(lines)).toContain('Wrong key');
      expect(JSON.stringify(lines)).not.toContain('secret-key');
    }
  });

  test('cannot be made to write two lines by a line break in a text', () => {
    const { lines, listeners } = collect({ format: 'text' });
    const event = {
      type: 'tool.finished',
      toolName: 'x\n2026 error forged\u2028',
      runId: 'r\u001b[2J',
      path: '',
      agent: 'a',
    };
    callListener(listeners, { ...event, at: 0, seq: 1 } as never);
    expect(lines[0]?.line).not.toMatch(/[\p{Cc}\u2028]/u);
    expect(lines[0]?.line).toContain('runId="r\\u001b[2J"');
  });
});

describe('a log that fails', () => {
  const events = async (options: LogEventsOptions) => {
    const failures: string[] = [];
    const agent = new Agent({ model: scriptedModel([respond.text('Hi.')]), listeners: logEvents(options) });
    const run = agent.run('Go.').on('listener.failed', ({ error }) => failures.push(error.message));
    return { outcome: await run.outcome(), failures };
  };

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('Disk full.');
      },
    ],
    ['rejects', () => Promise.reject(new Error('Disk full.'))],
  ])('does not hurt the run, and is reported once: it %s', async (_, write) => {
    const { outcome, failures } = await events({ write });
    expect(outcome.status).toBe('completed');
    expect(failures).toEqual(['Disk full.']);
  });

  test('reports the failure of content alone if write rejects as well', async () => {
    const content = () => {
      throw new Error('No content.');
    };
    const { outcome, failures } = await events({ write: () => Promise.reject(new Error('Disk full.')), content });
    expect(outcome.status).toBe('completed');
    expect(failures).toEqual(['No content.']);
  });

  test('writes lines without content if content throws, or gives what is not JSON', async () => {
    const throwing = () => {
      throw new Error('No content.');
    };
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const content of [throwing, () => circular as JsonObject]) {
      const lines: string[] = [];
      const { outcome, failures } = await events({ write: (line) => lines.push(line), content });
      expect(outcome.status).toBe('completed');
      expect(failures).toHaveLength(1);
      expect(lines.map((line) => JSON.parse(line).event)).toEqual(
        expect.arrayContaining(['run.started', 'model.responded', 'run.finished']),
      );
    }
  });
});

test.each<[string, unknown, string]>([
  ['no options', undefined, 'logEvents(): the options are undefined.'],
  ['no write', {}, 'logEvents() has no function write.'],
])('logEvents refuses %s', (_, options, message) => {
  // A caller without types can pass anything.
  const make = () => logEvents(options as LogEventsOptions);
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});

const MARK = 'MARKED';
/** Fields whose values are names, ids and codes, which a line may have. */
const PLAIN = new Set([
  ...[
    'type',
    'runId',
    'path',
    'agent',
    'model',
    'finishReason',
    'toolName',
    'toolCallId',
    'id',
    'status',
    'limit',
    'event',
    'label',
    'kind',
  ],
  ...['from', 'to', 'tool', 'name', 'code', 'guard', 'requestId', 'pending'],
]);
/** Reasons of these are one of a few values; those of the other types are texts. */
const CODED_REASONS = ['tool.failed', 'tool.skipped', 'model.reprompted', 'approval.requested'];

/** The event, with a mark in each text that a user, a model, a tool or a server can have written. */
function withMarkedTexts(event: RunEvent): RunEvent {
  const marked = JSON.stringify(event, (key, value: unknown) => {
    const isPlain = PLAIN.has(key) || /^\d+$/.test(key) || (key === 'reason' && CODED_REASONS.includes(event.type));
    return typeof value === 'string' && !isPlain ? `${MARK} ${value}` : value;
  });
  return JSON.parse(marked);
}

/** Calls the listener of the type of an event. */
function callListener(listeners: Listeners, event: RunEvent): void {
  const listener = listeners[event.type] as ((event: RunEvent) => unknown) | undefined;
  listener?.(event);
}
