import type { OptionTable } from '../base/options.ts';
import { SETTINGS } from '../chat/setting-options.ts';
import { LIMITS } from '../event/limit-options.ts';
import { RETRY } from '../model/attempts.ts';
import type { TurnInstructions } from '../perform/turn-rules.ts';
import type { AgentOptions, ContinueOptions, ResumeOptions, RunOptions } from './agent-options.ts';

const SETTING_HINTS: Readonly<Record<string, string>> = {
  ...createHints(Object.keys(SETTINGS.keys), (name) => `It is a request field: modelSettings: { ${name} }.`),
  parallelToolCalls:
    'The option is "maxParallelToolCalls", a number; the request field is modelSettings: { parallel_tool_calls }.',
  maxTokens: 'It is a request field: modelSettings: { max_completion_tokens }.',
  maxOutputTokens: 'It is a request field: modelSettings: { max_completion_tokens }.',
  settings: 'The option is "modelSettings".',
  providerOptions: 'Pass such fields with the model: openai(model, { extraBody }).',
  apiKey: 'It is an option of the model: openai(model, { apiKey }).',
  baseURL: 'It is an option of the model: openai(model, { baseURL }).',
  maxSteps: 'The option is "limits": limits: { turns }.',
  maxTurns: 'The option is "limits": limits: { turns }.',
  maxIterations: 'The option is "limits": limits: { turns }.',
  recursionLimit: 'The option is "limits": limits: { turns }.',
  maxCost: 'The option is "limits": limits: { cost }.',
  timeout: 'The option is "limits": limits: { durationMs }.',
  timeoutMs: 'The option is "limits": limits: { durationMs }.',
};

const RUN_BASICS = {
  signal: 'any',
  limits: LIMITS,
  modelSettings: SETTINGS,
  maxParallelToolCalls: 'number',
  stream: 'boolean',
  traceparent: 'text',
  tracestate: 'text',
  instrumentation: 'any',
  wireLog: 'any',
  conversation: 'any',
  context: 'any',
} as const;

const RUN_HINTS: Readonly<Record<string, string>> = {
  durable: 'The option is "host".',
  store: 'The option is "host": { host: memoryHost() }, or another host.',
  checkpointer: 'The option is "host": { host: memoryHost() }, or another host.',
  abortSignal: 'The option is "signal".',
  controller: 'The option is "signal": { signal: controller.signal }.',
  deps: 'The option is "context".',
  session: 'The option is "conversation": conversation({ id, store }).',
  sessionId: 'The option is "conversation": conversation({ id, store }).',
  threadId: 'The option is "conversation": conversation({ id, store }).',
  memory: 'The option is "conversation": conversation({ id, store }).',
  onEvent: "Listen to the run: run.on('*', (event) => …).",
};

/** `context` is an option if the agent needs one. */
type Contextual = { readonly context?: unknown };

export const RUN: OptionTable<RunOptions & Contextual> = {
  keys: {
    ...RUN_BASICS,
    runId: 'any',
    host: 'any',
    state: 'object',
    metadata: 'object',
    owner: 'any',
    onExistingRun: { fail: true, attach: true },
  },
  get hints() {
    return {
      ...SETTING_HINTS,
      ...createAgentHints(RUN.keys),
      ...RUN_HINTS,
      id: 'The option is "runId".',
      idempotencyKey: 'The option is "runId", with onExistingRun: "attach".',
      input: 'The input comes first: agent.run(input, options).',
      messages: 'The messages come first: agent.run(messages, options).',
      prompt: 'The input comes first: agent.run(input, options).',
      onVersionMismatch: 'It is an option of agent.resume.',
    };
  },
};

export const RESUME: OptionTable<ResumeOptions & Contextual> = {
  keys: { ...RUN_BASICS, host: 'any', onVersionMismatch: { fail: true, continue: true } },
  get hints() {
    return {
      ...SETTING_HINTS,
      ...createAgentHints(RESUME.keys),
      ...RUN_HINTS,
      runId: 'The id comes first: agent.resume(runId, options).',
      state: 'A run keeps the state that it has.',
      metadata: 'A run keeps the metadata of agent.run.',
      owner: 'A run keeps the owner of agent.run.',
      onExistingRun: 'It is an option of agent.run.',
    };
  },
};

export const CONTINUE: OptionTable<ContinueOptions & Contextual> = {
  keys: { ...RUN.keys, onVersionMismatch: RESUME.keys.onVersionMismatch },
  get hints() {
    const { onVersionMismatch: _, ...hints } = RUN.hints ?? {};
    return {
      ...hints,
      input: 'The message comes first: agent.continueConversation(message, options).',
      messages: 'The message comes first: agent.continueConversation(message, options).',
      prompt: 'The message comes first: agent.continueConversation(message, options).',
    };
  },
};

export const TURN_INSTRUCTIONS: OptionTable<TurnInstructions<never>> = { keys: { eachTurn: 'any' } };

export const AGENT: OptionTable<AgentOptions<unknown, unknown>> = {
  keys: {
    name: 'text',
    version: 'any',
    description: 'text',
    instructions: 'any',
    model: 'any',
    models: 'any',
    tools: 'any',
    toolChoice: 'any',
    handoffs: 'any',
    output: 'any',
    validate: 'function',
    state: 'any',
    stateRules: 'object',
    maxOutputRetries: 'number',
    stopWhen: 'any',
    modelSettings: SETTINGS,
    limits: LIMITS,
    middleware: 'list',
    retry: RETRY,
    listeners: 'any',
    instrumentation: 'any',
    wireLog: 'any',
    maxParallelToolCalls: 'number',
    clock: 'clock',
    random: 'function',
  },
  get hints() {
    return {
      ...SETTING_HINTS,
      ...createHints(
        Object.keys(RUN.keys).filter((name) => !Object.hasOwn(AGENT.keys, name)),
        (name) => `It is an option of the run: agent.run(input, { ${name} }).`,
      ),
      durable: 'It is an option of the run: agent.run(input, { host }).',
      system: 'The option is "instructions".',
      resetToolChoice: 'The option is "toolChoice": toolChoice: { first: "required" }.',
      systemPrompt: 'The option is "instructions".',
      prompt: 'The option is "instructions"; the user message is the input: agent.run(input).',
      schema: 'The option is "output".',
      validateOutput: 'The option is "validate".',
      outputValidator: 'The option is "validate".',
      outputValidators: 'The option is "validate".',
      outputType: 'The option is "output".',
      outputSchema: 'The option is "output".',
      responseFormat: 'The option is "output".',
      response_format: 'The option is "output".',
      outputCorrections: 'The option is "maxOutputRetries".',
      stateSchema: 'The option is "state".',
      reducers: 'The option is "stateRules".',
      maxRetries: 'The option is "retry": retry: { maxAttempts }.',
      retries: 'The option is "retry": retry: { maxAttempts }.',
      agents: 'Pass handoffs: [agent], or tools: [agent.asTool({ … })].',
      subagents: 'Pass handoffs: [agent], or tools: [agent.asTool({ … })].',
      guardrails: 'Pass middleware: [inputGuard({ … })].',
      inputGuardrails: 'Pass middleware: [inputGuard({ … })].',
      outputGuardrails: 'Pass middleware: [outputGuard({ … })].',
      hooks: 'Pass listeners, or middleware.',
      memory: 'It is an option of the run: agent.run(input, { conversation: conversation({ id, store }) }).',
      fallback: 'It is part of the model: withFallback(model, other).',
    };
  },
};

/** Creates hints for options of the agent that a run does not have. */
function createAgentHints(keys: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return createHints(
    Object.keys(AGENT.keys).filter((name) => !Object.hasOwn(keys, name)),
    (name) => `It is an option of the agent: agent.with({ ${name} }).`,
  );
}

function createHints(names: readonly string[], hint: (name: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, hint(name)]));
}
