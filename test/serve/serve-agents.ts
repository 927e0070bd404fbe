import { Agent, type ChatModel, jsonSchema, memoryConversations, memoryHost, type Tool, tool } from '@pawl/core';
import { type Authorize, bearer, type ServeOptions, serve } from '@pawl/serve';
import { type ListenOptions, listen } from '@pawl/serve/node';
import { respond, scriptedModel } from '@pawl/testing';
import { onTestFinished } from 'vitest';

/** A server on a free port of this machine, until the test ends. */
export interface RunningServer {
  readonly url: string;
  readonly close: () => Promise<void>;
  /** Sends JSON, by `POST` if there is a body. */
  readonly send: (path: string, body?: unknown, init?: RequestInit) => Promise<JsonResponse>;
}

/** A response whose body the test knows. */
export interface JsonResponse extends Response {
  // biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of the body
  json(): Promise<any>;
}

export async function startServer(options: ServeOptions, given: ListenOptions = {}): Promise<RunningServer> {
  const server = serve({ resumeEveryMs: 0, ...options });
  const { url, close } = await listen(server, { port: 0, signals: false, graceMs: 0, ...given });
  onTestFinished(close);
  return {
    url,
    close,
    send: (path, body, init = {}) =>
      fetch(`${url}${path}`, {
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        ...init,
        headers: { 'content-type': 'application/json', ...init.headers },
      }),
  };
}

/** The headers of a key of `bearer`. */
export function withKey(key: string, init: RequestInit = {}): RequestInit {
  return { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } };
}

/** The data of the events of a stream. */
export function readData(text: string): readonly unknown[] {
  const lines = text.split('\n').filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]');
  return lines.map((line) => JSON.parse(line.slice('data: '.length)));
}

/** Asks the weather once, then answers with the tool's result. */
export function createWeatherAgent({ calls = [] as string[], name = 'weather' } = {}): Agent {
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    return last?.role === 'tool'
      ? respond.text(`It is ${String(last.content)} in Rome.`)
      : respond.call('get_weather', { city: 'Rome' });
  });
  return new Agent({ name, model, tools: [createWeatherTool(calls)] });
}

/** `calls` gets the city of each call. */
export function createWeatherTool(calls: string[]): Tool<unknown> {
  return tool({
    name: 'get_weather',
    description: 'Returns the weather.',
    input: CITY,
    execute: ({ city }) => {
      calls.push(city);
      return 'sunny';
    },
  });
}

const CITY = jsonSchema<{ readonly city: string }>({
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
});

/** Refunds an order after approval. `refunds` counts what was paid. */
export function createRefundAgent({ refunds = [] as number[], name = 'refunds' } = {}): Agent {
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    return last?.role === 'tool'
      ? respond.text(`Result: ${String(last.content)}`)
      : respond.call('refund', { order: 7 });
  });
  const refund = tool({
    name: 'refund',
    description: 'Refunds an order.',
    input: jsonSchema<{ readonly order: number }>({
      type: 'object',
      properties: { order: { type: 'number' } },
      required: ['order'],
      additionalProperties: false,
    }),
    needsApproval: true,
    execute: ({ order }) => {
      refunds.push(order);
      return `Order ${order} is refunded.`;
    },
  });
  return new Agent({ name, model, tools: [refund] });
}

/** Answers every message with its text. */
export function createEchoAgent({
  name = 'echo',
  model = createEchoModel(),
}: {
  name?: string;
  model?: ChatModel;
} = {}): Agent {
  return new Agent({ name, model });
}

export function createEchoModel(): ChatModel {
  return scriptedModel(({ messages }) => {
    const last = messages.findLast(({ role }) => role === 'user');
    return respond.text(
      `You wrote: ${typeof last?.content === 'string' ? last.content : JSON.stringify(last?.content)}`,
    );
  });
}

export const ADA = { id: 'ada', tenant: 'acme' };

const KEYS = {
  'key-of-ada': ADA,
  'key-of-bob': { id: 'bob', tenant: 'acme' },
  'key-of-lead': { id: 'lead', tenant: 'acme', isOperator: true },
  'key-of-eve': { id: 'ada', tenant: 'other' },
  'key-of-other-lead': { id: 'lead', tenant: 'other', isOperator: true },
  'key-of-root': { id: 'root', isOperator: true },
  'key-of-guest': { id: 'guest', agents: ['echo'] },
};

/** Keys of customers and operators of two tenants. */
export const authorize: Authorize = bearer(KEYS);

/** A server with two agents for all of these keys. */
export function startTenants(refunds: number[] = []): Promise<RunningServer> {
  const agents = [createEchoAgent(), createRefundAgent({ refunds })];
  return startServer({ agents, authorize, host: memoryHost(), conversations: memoryConversations() });
}

export async function collect<T>(iterable: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const each of iterable) all.push(each);
  return all;
}
