import type * as Core from '@pawl/core';
import type { AgentOptions, ChatModel, Outcome } from '@pawl/core';
import type { ChatRequest, ChatResponse, Message } from '@pawl/core/chat';
import type * as Host from '@pawl/core/host';
import type * as MiddlewarePath from '@pawl/core/middleware';
import type * as Sqlite from '@pawl/core/sqlite';

/** The entry points of one copy of core. */
export interface Copy {
  readonly core: typeof Core;
  readonly host: typeof Host;
  readonly middleware: typeof MiddlewarePath;
  readonly sqlite: typeof Sqlite;
}

export interface Copies {
  /** The copy whose agents run. */
  readonly a: Copy;
  /** The copy whose tools, middleware, models and hosts the agents use. */
  readonly b: Copy;
  /** An empty folder for a file. */
  readonly folder: string;
}

/** A use of two copies of core. The result must be the same as with one copy. */
export interface TwoCopiesCase {
  readonly name: string;
  readonly run: (copies: Copies) => Promise<unknown>;
  readonly expected: unknown;
}

/** Creates a model that responds with these in turn. Throws the errors among them. */
export function scriptModel(
  ...script: readonly (ChatResponse | Error)[]
): ChatModel & { readonly requests: readonly ChatRequest[] } {
  const requests: ChatRequest[] = [];
  return {
    name: 'scripted',
    requests,
    async send(request) {
      const next = script[requests.length];
      requests.push(request);
      if (next === undefined) throw new Error('The script is exhausted.');
      if (next instanceof Error) throw next;
      return next;
    },
  };
}

export function respondText(content: string): ChatResponse {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] };
}

/** Creates a response that calls a tool, `work` by default. */
export function respondCall(name = 'work'): ChatResponse {
  const tool_calls = [{ id: 'call_1', type: 'function' as const, function: { name, arguments: '{}' } }];
  const message = { role: 'assistant' as const, content: null, tool_calls };
  return { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
}

export const EMPTY_SCHEMA = { type: 'object', properties: {}, required: [], additionalProperties: false } as const;

/** Creates the tool `work`. */
export function createWorkTool(
  { core }: Copy,
  execute: () => unknown,
  options: Pick<Core.ToolOptions<unknown>, 'needsApproval'> = {},
): Core.Tool<unknown> {
  const input = core.jsonSchema<unknown>(EMPTY_SCHEMA);
  return core.tool<unknown>({ name: 'work', description: 'Works.', input, effect: 'read', ...options, execute });
}

/** Creates an agent whose model calls the tool and then responds "Done.". */
export function createCallingAgent({ core }: Copy, options: Partial<AgentOptions<unknown, string>>): Core.Agent {
  return new core.Agent({ model: scriptModel(respondCall(), respondText('Done.')), ...options });
}

/** Describes how a run ended, and why. */
export function describeEnd(outcome: Outcome<unknown>): unknown {
  switch (outcome.status) {
    case 'completed':
      return [outcome.status, outcome.text];
    case 'aborted':
      return [outcome.status, outcome.reason];
    case 'refused':
      return [outcome.status, outcome.refusal, outcome.guard];
    case 'failed':
      return [outcome.status, outcome.error.name, outcome.error.message];
    case 'suspended':
      return [outcome.status, ...outcome.pending.map(({ reason, preview }) => [reason, preview])];
    case 'limited':
    case 'truncated':
    case 'filtered':
      return [outcome.status];
  }
}

/** Lists the tool results that the model gets. */
export function listResults({ messages }: { readonly messages: readonly Message[] }): readonly unknown[] {
  return messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []));
}

/** Returns the error that `work` throws; `undefined` if it does not throw. */
export async function catchError(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}
