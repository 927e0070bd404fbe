import { ConfigError } from '../base/errors.ts';
import { isPlainObject, isRecord } from '../base/json.ts';
import { checkOptions } from '../base/options.ts';
import { closest } from '../base/text.ts';
import type { ChatSettings } from '../chat/request.ts';
import { copyMetadata } from '../host/metadata.ts';
import type { Middleware } from '../perform/middleware.ts';
import type { AgentOptions, ContinueOptions, ResumeOptions, RunOptions } from './agent-options.ts';
import { AGENT, CONTINUE, RESUME, RUN } from './option-tables.ts';

/** The options of a run, checked. Those of a class instance come back as a plain object. @throws ConfigError */
export function readRunOptions<Options extends RunOptions>(options: Options, agent: string): Options {
  const checked = checkOptions(options, RUN, `Agent "${agent}", run`);
  checkParts(checked, agent);
  return withOwnMetadata(checked, `Agent "${agent}", run`);
}

/** A run is resumed where it was started: there is no host to fall back on. */
export function readResumeOptions<Options extends ResumeOptions>(options: Options, agent: string): Options {
  if (!isRecord(options)) throw hostMissing(agent);
  const checked = checkOptions<Options>(options, RESUME, `Agent "${agent}", resume`);
  checkParts(checked, agent);
  if (checked.durable !== undefined && checked.durable !== null) return checked;
  throw hostMissing(agent);
}

function hostMissing(agent: string): ConfigError {
  return new ConfigError(
    `Agent "${agent}": resume needs the host that the run was started on. Pass { durable: host }.`,
  );
}

/** What a caller without types may get wrong, and would otherwise find out too late, or nowhere near. */
function checkParts({ signal, durable, conversation, settings }: RunOptions | ResumeOptions, agent: string): void {
  if (signal !== undefined && signal !== null && !has(signal, 'addEventListener')) {
    throw new ConfigError(`Agent "${agent}": signal is no AbortSignal. Pass controller.signal, not the controller.`);
  }
  if (conversation !== undefined && (!has(conversation, 'messages') || !has(conversation, 'append'))) {
    throw new ConfigError(`Agent "${agent}": conversation is no conversation. Pass conversation({ id, store }).`);
  }
  if (settings !== undefined) checkSettings(settings, agent);
  if (durable === undefined || durable === null || (has(durable, 'start') && has(durable, 'open'))) return;
  throw new ConfigError(`Agent "${agent}": durable is no host. Pass memory(), or another DurableHost.`);
}

/** What goes on in a conversation is looked for there, and on the host that its runs are on. */
export function readContinueOptions<Options extends ContinueOptions>(options: Options, agent: string): Options {
  for (const option of ['durable', 'conversation'] as const) {
    if (isRecord(options) && options[option] !== undefined && options[option] !== null) continue;
    throw new ConfigError(
      `Agent "${agent}": continueConversation has no ${option}. Pass { durable: host, conversation: conversation({ id, store }) }.`,
    );
  }
  const where = `Agent "${agent}", continueConversation`;
  const checked = checkOptions<Options>(options, CONTINUE, where);
  checkParts(checked, agent);
  return withOwnMetadata(checked, where);
}

/** What is kept with a run is a copy. */
function withOwnMetadata<Options extends RunOptions>(options: Options, where: string): Options {
  const { metadata } = options;
  return metadata === undefined ? options : { ...options, metadata: copyMetadata(metadata, where) };
}

/** The options of an agent, checked, but for those that are made ready in `define`. */
export function readAgentOptions<Context, Output>(
  options: AgentOptions<Context, Output>,
): AgentOptions<Context, Output>;
/** The same of some of them, which are to replace those of an agent. */
export function readAgentOptions<Context, Output>(
  options: Partial<AgentOptions<Context, Output>>,
  agent: string,
): Partial<AgentOptions<Context, Output>>;
export function readAgentOptions<Context, Output>(
  options: Partial<AgentOptions<Context, Output>>,
  agent = 'agent',
): Partial<AgentOptions<Context, Output>> {
  const name = isRecord(options) && typeof options['name'] === 'string' ? options['name'] : agent;
  const checked = checkOptions<Partial<AgentOptions<Context, Output>>>(options, AGENT, `Agent "${name}"`);
  if (checked.settings !== undefined) checkSettings(checked.settings, name);
  return checked;
}

function checkSettings({ n }: ChatSettings, agent: string): void {
  if (n === undefined || n === null || n === 1) return;
  throw new ConfigError(
    `Agent "${agent}": settings.n is ${n}, but a run follows one reply. Leave it out, or ask the model itself: model.send({ messages, n: ${n} }).`,
  );
}

const HOOKS: Readonly<Record<keyof Middleware, true>> = { prepareTurn: true, model: true, tool: true };

export function checkMiddleware(middleware: readonly Middleware<never>[], agent: string): void {
  middleware.forEach((each, index) => {
    const where = `Agent "${agent}": middleware[${index}]`;
    if (typeof each !== 'object' || each === null) {
      throw new ConfigError(`${where} is no object. Pass { prepareTurn, model, tool }.`);
    }
    if (!isPlainObject(each) && !hasHook(each)) throw new ConfigError(`${where} has no hook. ${THE_HOOKS}`);
    for (const [name, value] of Object.entries(each)) {
      if (value === undefined) continue;
      if (Object.hasOwn(HOOKS, name)) {
        if (typeof value === 'function') continue;
        throw new ConfigError(`${where}.${name} is no function. Pass one, or leave it out.`);
      }
      // Other fields are the middleware's own. A guard under a misspelt name would guard nothing.
      const meant = typeof value === 'function' ? meantHook(name, each) : undefined;
      if (meant !== undefined) throw new ConfigError(`${where} has no hook "${name}". ${meant}`);
    }
  });
}

function meantHook(name: string, middleware: Middleware<never>): string | undefined {
  const meant = closest(name, Object.keys(HOOKS));
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  return hasHook(middleware) ? undefined : THE_HOOKS;
}

/** Those of a class are methods of its prototype. */
function hasHook(middleware: Middleware<never>): boolean {
  return Object.keys(HOOKS).some((hook) => hook in middleware);
}

const THE_HOOKS = `The hooks are: ${Object.keys(HOOKS).join(', ')}.`;

function has(value: unknown, method: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return method in value && typeof (value as Record<string, unknown>)[method] === 'function'; // It is there.
}
