import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ConformanceReport, conformance, type ProbeResult } from './conformance.ts';

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content?: string | null }[];
  readonly tools?: readonly { readonly function: { readonly name: string; readonly strict?: boolean } }[];
  readonly tool_choice?: unknown;
  readonly parallel_tool_calls?: boolean;
  readonly response_format?: { readonly type: string; readonly json_schema?: { readonly strict?: boolean } };
  readonly functions?: unknown;
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

interface Reaction {
  readonly status?: number;
  readonly message?: object;
  readonly finish?: string;
  readonly tokens?: number;
}

/** The response of a server; `undefined` for none at all. */
type Behaviour = (asked: Asked) => Reaction | undefined;

interface Odd {
  readonly baseURL: string;
  readonly asked: readonly Asked[];
}

/** A server with its own behaviour; its streams are one chunk. */
async function odd(behaviour: Behaviour, onAsked: (asked: Asked) => void = () => undefined): Promise<Odd> {
  const asked: Asked[] = [];
  // By hand: the offline server follows the reference, and each of these servers departs from it.
  const server = createServer(async (incoming, response) => {
    const body: Asked = JSON.parse((await text(incoming)) || '{}');
    asked.push(body);
    onAsked(body);
    const reaction = behaviour(body);
    if (reaction === undefined) return;
    const { status = 200, message = {}, finish = 'stop', tokens = 5 } = reaction;
    const usage = { prompt_tokens: 5, completion_tokens: tokens, total_tokens: 5 + tokens };
    const frame = { id: 'c', model: 'm', usage };
    const whole = { role: 'assistant', content: null, ...message };
    const choice = { index: 0, finish_reason: finish };
    if (status !== 200) response.writeHead(status).end(JSON.stringify({ error: { message: 'No.' } }));
    else if (body.stream !== true) response.end(JSON.stringify({ ...frame, choices: [{ ...choice, message: whole }] }));
    else
      response.end(`data: ${JSON.stringify({ ...frame, choices: [{ ...choice, delta: whole }] })}\n\ndata: [DONE]\n\n`);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { baseURL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1`, asked };
}

const hello: Reaction = { message: { content: 'Hello.' } };
const json: Reaction = { message: { content: '{"city":"Rome"}' } };

function calls(count = 1, args = '{"city":"Oslo"}'): Reaction {
  const tool_calls = Array.from({ length: count }, (_, index) => {
    return { index, id: `c${index}`, type: 'function', function: { name: 'get_weather', arguments: args } };
  });
  return { message: { tool_calls }, finish: 'tool_calls' };
}

function isAnswered({ messages }: Asked): boolean {
  return messages.some?.(({ role }) => role === 'tool') ?? false;
}

function asksForWeather({ messages }: Asked): boolean {
  return JSON.stringify(messages).includes('Call get_weather');
}

/** A server that calls a tool when asked and obeys every field. */
const good: Behaviour = (asked) => {
  const { tools, tool_choice: choice, response_format: format, messages, parallel_tool_calls: parallel } = asked;
  if (!Array.isArray(messages)) return { status: 400 };
  const isForced = choice === 'required' || typeof choice === 'object';
  const isWilling = tools !== undefined && !isAnswered(asked) && choice !== 'none';
  if (isWilling && (isForced || asksForWeather(asked))) {
    return calls(JSON.stringify(messages).includes('both at once') && parallel !== false ? 2 : 1);
  }
  if (format !== undefined) return json;
  const cap = asked.max_tokens ?? asked.max_completion_tokens;
  if (cap === 16) return { message: { content: '1, 2, 3, 4, 5' }, finish: 'length', tokens: 16 };
  return hello;
};

function asking(server: Odd): Promise<ConformanceReport> {
  return conformance(server.baseURL, { model: 'm' });
}

function found({ probes }: ConformanceReport, name: string): ProbeResult | undefined {
  return probes.find((probe) => probe.name === name);
}

test('recommends every feature of a good server', async () => {
  const { profile } = await asking(await odd(good));
  expect(profile).toEqual({
    base: 'compatible',
    tokenField: 'max_tokens',
    developerRole: true,
    messageNames: true,
    nullContent: true,
    toolChoices: ['auto', 'none', 'required', 'function'],
    strictSchemas: true,
    responseFormat: 'json_schema',
    outputWithTools: 'response-format',
  });
});

describe('recommends nothing without evidence', () => {
  test('if the model never calls a tool', async () => {
    const report = await asking(await odd((asked) => (asked.response_format === undefined ? hello : json)));
    expect(report.profile.toolChoices).toEqual(['auto']);
    expect(report.profile).not.toHaveProperty('strictSchemas');
    expect(report.profile).not.toHaveProperty('toolForm');
    expect(report.profile).not.toHaveProperty('outputWithTools');
    for (const name of ['tools', 'strict tools', 'tool_choice function', 'tool_choice required', 'tool_choice none']) {
      expect(found(report, name)?.status).toBe('unclear');
    }
  });

  test('if the server ignores tool_choice', async () => {
    const report = await asking(await odd((asked) => good({ ...asked, tool_choice: undefined })));
    expect(report.profile.toolChoices).toEqual(['auto']);
    expect(found(report, 'tool_choice none')).toMatchObject({ status: 'unsupported' });
    expect(found(report, 'tool_choice required')).toMatchObject({ status: 'unclear' });
    expect(found(report, 'tools')?.status).toBe('supported');
  });

  test.each([
    ['length', 7],
    ['stop', 2_048],
  ])('if the call is truncated, with the finish reason %s and %s tokens', async (finish, tokens) => {
    const cut: Reaction = { ...calls(1, '{"city":"Os'), finish, tokens };
    const report = await asking(
      await odd((asked) => {
        if (asked.functions !== undefined) {
          return { message: { function_call: { name: 'get_weather', arguments: '{"city":"Oslo"}' } } };
        }
        return asked.tools === undefined ? good(asked) : cut;
      }),
    );
    expect(found(report, 'tools')).toMatchObject({ status: 'unclear', detail: expect.stringContaining('truncated') });
    expect(found(report, 'legacy functions')?.status).toBe('supported');
    expect(report.profile).not.toHaveProperty('toolForm');
    expect(report.profile).not.toHaveProperty('strictSchemas');
  });

  test.each([401, 429, 503])('if the server responds with status %s to all but plain questions', async (status) => {
    const report = await asking(
      await odd((asked) => {
        const isPlain = asked.tools === undefined && asked.response_format === undefined && asked.stream !== true;
        return isPlain && asked.messages[0]?.role !== 'developer' ? good(asked) : { status };
      }),
    );
    expect(report.profile).toEqual({
      base: 'compatible',
      tokenField: 'max_tokens',
      messageNames: true,
      toolChoices: ['auto'],
    });
  });

  test('if the server does not know the model', async () => {
    const report = await asking(await odd(() => ({ status: 404 })));
    expect(report.profile).toEqual({ base: 'compatible', toolChoices: ['auto'] });
  });
});

test('recommends legacy functions if the server refuses tools', async () => {
  const server = await odd((asked) => {
    if (asked.functions !== undefined) {
      return { message: { function_call: { name: 'get_weather', arguments: '{}' } } };
    }
    return asked.tools === undefined ? good(asked) : { status: 400 };
  });
  expect((await asking(server)).profile.toolForm).toBe('functions');
});

test('recommends strict schemas only if the server accepts them in formats too', async () => {
  const server = await odd((asked) => {
    return asked.response_format?.json_schema?.strict === true ? { status: 400 } : good(asked);
  });
  expect((await asking(server)).profile).toMatchObject({ strictSchemas: false, responseFormat: 'json_schema' });
});

describe('token limits', () => {
  test('detects a response that ends at its limit, whatever its finish reason', async () => {
    const report = await asking(await odd((asked) => ({ ...good(asked), finish: 'stop' })));
    expect(found(report, 'max_tokens')).toMatchObject({ status: 'supported', detail: expect.stringContaining('stop') });
    expect(found(report, 'cut reported')).toMatchObject({ status: 'unsupported' });
  });

  test.each([
    ['max_tokens', 'max_completion_tokens'],
    ['max_completion_tokens', 'max_tokens'],
  ] as const)('are sent with every request, in the other field if the server refuses %s', async (refused, taken) => {
    const server = await odd((asked) => (asked[refused] === undefined ? good(asked) : { status: 400 }));
    const report = await conformance(server.baseURL, { model: 'm', maxTokens: 300 });
    expect(report.profile.tokenField).toBe(taken);
    const later = server.asked.slice(3);
    expect(later.length).toBeGreaterThan(20);
    expect(later.filter((asked) => asked[taken] !== 300)).toEqual([]);
  });

  test('are left out if the server refuses both fields', async () => {
    const server = await odd((asked) => {
      const isCapped = asked.max_tokens !== undefined || asked.max_completion_tokens !== undefined;
      return isCapped ? { status: 400 } : good(asked);
    });
    const report = await asking(server);
    expect(report.profile).not.toHaveProperty('tokenField');
    expect(found(report, 'text')?.status).toBe('supported');
  });
});

describe('parallel calls', () => {
  test('are requested by the field if the server needs it', async () => {
    const server = await odd((asked) => good({ ...asked, parallel_tool_calls: asked.parallel_tool_calls === true }));
    const report = await asking(server);
    expect(found(report, 'parallel calls')).toMatchObject({ status: 'supported', detail: '2 calls, if requested' });
    expect(report.profile.defaults).toEqual({ parallel_tool_calls: true });
  });

  test('are requested without the field if the server refuses it', async () => {
    const server = await odd((asked) => (asked.parallel_tool_calls === undefined ? good(asked) : { status: 400 }));
    const report = await asking(server);
    expect(found(report, 'parallel calls')?.status).toBe('supported');
    expect(report.profile.omittedFields).toEqual(['parallel_tool_calls']);
  });

  test('set no default if the model makes only one call in any case', async () => {
    const report = await asking(await odd((asked) => good({ ...asked, parallel_tool_calls: false })));
    expect(found(report, 'parallel calls')).toMatchObject({ status: 'unclear', detail: '1 call' });
    expect(report.profile).not.toHaveProperty('defaults');
  });
});

describe('output with tools', () => {
  const both = ({ tools, response_format: format }: Asked): boolean => tools !== undefined && format !== undefined;

  test.each<[string, Reaction]>([
    ['is refused', { status: 400 }],
    ['keeps the model from calling a tool', json],
  ])('recommends the final-answer tool for a server that %s', async (_, response) => {
    const report = await asking(await odd((asked) => (both(asked) ? response : good(asked))));
    expect(found(report, 'output with tools')?.status).toBe('unsupported');
    expect(report.profile).toMatchObject({ outputWithTools: 'final-tool', responseFormat: 'json_schema' });
  });

  test('recommends the final-answer tool for a server that ignores the format with tools', async () => {
    const server = await odd((asked) => (both(asked) && isAnswered(asked) ? hello : good(asked)));
    expect((await asking(server)).profile.outputWithTools).toBe('final-tool');
  });

  test('is unclear if the model keeps calling the tool', async () => {
    const server = await odd((asked) => (both(asked) ? calls() : good(asked)));
    expect((await asking(server)).profile).not.toHaveProperty('outputWithTools');
  });
});

test('reports each result before the next request', async () => {
  const results: string[] = [];
  const known: number[] = [];
  const server = await odd(good, () => known.push(results.length));
  const started: unknown[] = [];
  const { probes } = await conformance(server.baseURL, {
    model: 'm',
    onStarted: (at) => started.push(at),
    onResult: ({ name }) => results.push(name),
  });
  expect(started).toEqual([{ baseURL: server.baseURL, model: 'm' }]);
  expect(results).toEqual(probes.map(({ name }) => name));
  expect(known.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
});

test('prints each result as soon as it is known', async () => {
  const server = await odd((asked) => (asked.stream === true ? undefined : good(asked)));
  const main = join(import.meta.dirname, 'main.ts');
  const command = spawn(process.execPath, [main, server.baseURL, '--model', 'm']);
  onTestFinished(() => void command.kill());
  let printed = '';
  command.stdout.setEncoding('utf8').on('data', (piece: string) => {
    printed += piece;
  });
  await expect.poll(() => printed, { timeout: 10_000 }).toMatch(/usage +supported/);
  expect(printed).toContain(`m at ${server.baseURL}`);
  expect(printed).not.toContain('openai(');
});
