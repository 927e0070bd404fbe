import { ConfigError } from '../base/errors.ts';
import type { ChatRequest, ChatSettings } from '../chat/request.ts';
import type { Middleware } from '../perform/middleware.ts';

interface RunParts {
  readonly signal?: unknown;
  readonly durable?: unknown;
  readonly conversation?: unknown;
}

/** What a caller without types may get wrong, and would otherwise find out too late, or nowhere near. */
export function checkRunOptions(options: RunParts | null | undefined, agent: string): void {
  const { signal, durable, conversation } = options ?? {};
  if (signal !== undefined && signal !== null && !has(signal, 'addEventListener')) {
    throw new ConfigError(`Agent "${agent}": signal is no AbortSignal. Pass controller.signal, not the controller.`);
  }
  if (conversation !== undefined && (!has(conversation, 'messages') || !has(conversation, 'append'))) {
    throw new ConfigError(`Agent "${agent}": conversation is no conversation. Pass conversation({ id, store }).`);
  }
  if (durable === undefined || durable === null || (has(durable, 'start') && has(durable, 'open'))) return;
  throw new ConfigError(`Agent "${agent}": durable is no host. Pass memory(), or another DurableHost.`);
}

/** What goes on in a conversation is looked for there, and on the host that its runs are on. */
export function checkContinueOptions(options: RunParts | null | undefined, agent: string): void {
  checkRunOptions(options, agent);
  for (const option of ['durable', 'conversation'] as const) {
    if (options?.[option] !== undefined && options[option] !== null) continue;
    throw new ConfigError(
      `Agent "${agent}": continueConversation has no ${option}. Pass { durable: host, conversation: conversation({ id, store }) }.`,
    );
  }
}

/** A run is resumed where it was started: there is no host to fall back on. */
export function checkResumeOptions(options: RunParts | null | undefined, agent: string): void {
  checkRunOptions(options, agent);
  if (options?.durable !== undefined && options.durable !== null) return;
  throw new ConfigError(`Agent "${agent}": resume needs the host that the run was started on. Pass { durable: host }.`);
}

/** Settings shape a reply. What a request has beside them has an option of its own. */
export function checkSettings(settings: ChatSettings, agent: string): void {
  for (const [field, option] of Object.entries(OPTIONS)) {
    if (Reflect.get(settings, field) === undefined) continue;
    throw new ConfigError(`Agent "${agent}": settings.${field} is no setting. ${option}`);
  }
  const { n } = settings;
  if (n === undefined || n === null || n === 1) return;
  throw new ConfigError(
    `Agent "${agent}": settings.n is ${n}, but a run follows one reply. Leave it out, or ask the model itself: model.send({ messages, n: ${n} }).`,
  );
}

const OPTIONS: Readonly<Record<Exclude<keyof ChatRequest, keyof ChatSettings | 'stream_options'>, string>> = {
  messages: 'Pass messages to the run: agent.run(messages).',
  model: 'Use the option model of the agent.',
  tools: 'Use the option tools of the agent.',
  functions: 'Use the option tools of the agent: a legacy server is sent them as functions.',
  tool_choice: 'Use the option toolChoice of the agent.',
  function_call: 'Use the option toolChoice of the agent.',
  stream: 'Use the option stream of the run: agent.run(input, { stream }).',
};

export function checkMiddleware(middleware: readonly Middleware<never>[], agent: string): void {
  middleware.forEach((each, index) => {
    if (typeof each !== 'object' || each === null) {
      throw new ConfigError(`Agent "${agent}": middleware[${index}] is no object. Pass { prepareTurn, model, tool }.`);
    }
    for (const hook of ['prepareTurn', 'model', 'tool'] as const) {
      if (each[hook] === undefined || typeof each[hook] === 'function') continue;
      throw new ConfigError(
        `Agent "${agent}": middleware[${index}].${hook} is no function. Pass one, or leave it out.`,
      );
    }
  });
}

function has(value: unknown, method: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return method in value && typeof (value as Record<string, unknown>)[method] === 'function'; // It is there.
}
