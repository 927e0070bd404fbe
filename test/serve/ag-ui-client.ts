import { type AgentSubscriber, HttpAgent, type HttpAgentConfig, type RunAgentParameters } from '@ag-ui/client';
import type { BaseEvent, Interrupt, Message, ResumeEntry, Tool } from '@ag-ui/core';
import { HttpAgent as LegacyAgent } from 'ag-ui-client-0';
import { onTestFinished } from 'vitest';

/** How a run of an AG-UI client ended. */
export interface ClientRun {
  readonly events: readonly BaseEvent[];
  readonly types: readonly string[];
  readonly outcome: string | undefined;
  readonly result: unknown;
  readonly interrupts: readonly Interrupt[];
  readonly pendingToolCallIds: readonly string[];
  readonly error: { readonly message: string; readonly code?: string } | undefined;
  /** What the client threw: of HTTP, or of its own verification. */
  readonly failure: (Error & { readonly status?: number }) | undefined;
}

export interface AskOptions {
  readonly resume?: ResumeEntry[];
  readonly tools?: Tool[];
  readonly runId?: string;
  readonly onEvent?: (event: BaseEvent) => void;
  readonly parameters?: RunAgentParameters;
}

/** A client of `@ag-ui/client`, which checks each event by the protocol's schema and each sequence by its rules. */
export class AgUiClient {
  readonly agent: HttpAgent;

  constructor(url: string, { agent = 'support', ...config }: Partial<HttpAgentConfig> & { agent?: string } = {}) {
    this.agent = new HttpAgent({ url: `${url}/ag-ui/${agent}`, ...config });
  }

  get messages(): readonly Message[] {
    return this.agent.messages;
  }

  /** The messages without activities, which the server does not keep. */
  get spoken(): readonly Message[] {
    return this.agent.messages.filter(({ role }) => role !== 'activity');
  }

  /** A run that fails is logged by the client, too. */
  async #run(parameters: RunAgentParameters, subscriber: AgentSubscriber): Promise<void> {
    const { error } = console;
    console.error = () => undefined;
    try {
      await this.agent.runAgent(parameters, subscriber);
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
    } finally {
      console.error = error;
    }
  }

  ask(content: string, options: AskOptions = {}): Promise<ClientRun> {
    this.agent.addMessage({ id: crypto.randomUUID(), role: 'user', content });
    return this.run(options);
  }

  /** Runs the agent with the messages that the client has. */
  async run({ onEvent, parameters, ...options }: AskOptions = {}): Promise<ClientRun> {
    const events: BaseEvent[] = [];
    let error: ClientRun['error'];
    let failure: ClientRun['failure'];
    let finished: Parameters<NonNullable<AgentSubscriber['onRunFinishedEvent']>>[0] | undefined;
    const subscriber: AgentSubscriber = {
      onEvent: ({ event }) => {
        events.push(event);
        onEvent?.(event);
      },
      onRunFinishedEvent: (params) => {
        finished = params;
      },
      onRunErrorEvent: ({ event }) => {
        error = { message: event.message, ...(event.code !== undefined && { code: event.code }) };
      },
      onRunFailed: (params) => {
        failure = params.error;
      },
    };
    await this.#run({ ...options, ...parameters }, subscriber);
    return {
      events,
      types: events.map(({ type }) => type),
      outcome: finished?.outcome,
      result: finished?.outcome === 'success' ? finished.result : undefined,
      interrupts: finished?.outcome === 'interrupt' ? finished.interrupts : [],
      pendingToolCallIds: finished?.outcome === 'success' ? finished.pendingToolCallIds : [],
      error,
      failure,
    };
  }
}

/** A client before AG-UI 1.0, as CopilotKit's runtime has it. It rejects what it does not know. */
export function createLegacyClient(fetch: () => Promise<Response>): LegacyAgent {
  return new LegacyAgent({ url: 'http://localhost', fetch });
}

/** An answer to an interrupt. */
export function resolve({ id: interruptId }: Pick<Interrupt, 'id'>, payload: unknown): ResumeEntry {
  return { interruptId, status: 'resolved', payload };
}

/** What a person reads in the messages. */
export function show(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) => {
    switch (message.role) {
      case 'activity':
        return [];
      case 'tool':
        return [`tool: ${String(message.content)}`];
      case 'assistant': {
        const calls = (message.toolCalls ?? []).map(({ function: { name, arguments: args } }) => `${name}(${args})`);
        return [`assistant: ${[message.content ?? '', ...calls].filter((text) => text !== '').join(' | ')}`];
      }
      default:
        return [`${message.role}: ${String(message.content)}`];
    }
  });
}

/** Collects what `@ag-ui/client` warns of until the test ends: fields and events that the protocol does not know, messages that are missing. */
export function watchWarnings(): readonly string[] {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (...parts: unknown[]) => {
    warnings.push(parts.map(String).join(' '));
  };
  onTestFinished(() => {
    console.warn = warn;
  });
  return warnings;
}
