import type {
  AssistantMessage,
  ChatChoice,
  ChatRequest,
  ChatResponse,
  CompletionUsage,
  ToolCall,
} from '@pawl/core/chat';
import type { ScriptedCall, ScriptedMessageResponse } from './reply.ts';

export interface CompletionOptions {
  readonly request: ChatRequest;
  /** Used where the request names none. */
  readonly model: string;
}

/** The whole reply that a scripted message becomes. The same for the same conversation, however often it is asked. */
export function completion(reply: ScriptedMessageResponse, { request, model }: CompletionOptions): ChatResponse {
  const message = withIds(reply, request);
  const choice = (index: number): ChatChoice => ({
    index,
    message,
    finish_reason: finishReason(reply),
    logprobs: null,
  });
  const others = Array.from({ length: Math.max(0, (request.n ?? 1) - 1) }, (_, index) => choice(index + 1));
  const usage = reply.usage === undefined ? usageOf(message, request, others.length + 1) : reply.usage;
  return {
    id: `chatcmpl-${request.messages.filter(({ role }) => role === 'assistant').length + 1}`,
    object: 'chat.completion',
    created: CREATED_S,
    model: request.model ?? model,
    choices: [choice(0), ...others],
    ...(usage !== null && { usage }),
    system_fingerprint: 'fp_pawl_offline',
  };
}

/** 2025-01-01 UTC. Fixed, so that transcripts can be compared whole. */
const CREATED_S = 1_735_689_600;

function withIds({ message }: ScriptedMessageResponse, request: ChatRequest): AssistantMessage {
  const { tool_calls: calls, ...rest } = message;
  if (calls === undefined) return rest;
  const earlier = request.messages.flatMap((said) => (said.role === 'assistant' ? (said.tool_calls ?? []) : []));
  const taken = new Set([...earlier, ...calls].flatMap(({ id }) => id ?? []));
  let count = earlier.length;
  const freeId = (): string => {
    do count++;
    while (taken.has(`call_${count}`));
    return `call_${count}`;
  };
  const identified = ({ id = freeId(), ...call }: ScriptedCall): ToolCall => ({ id, ...call });
  return { ...rest, tool_calls: calls.map(identified) };
}

function finishReason({ finishReason, message }: ScriptedMessageResponse): ChatChoice['finish_reason'] {
  if (finishReason !== undefined) return finishReason;
  return (message.tool_calls ?? []).length > 0 ? 'tool_calls' : 'stop';
}

/** Four characters are a token: near enough for limits, and always the same. */
function usageOf(message: AssistantMessage, request: ChatRequest, choices: number): CompletionUsage {
  const prompt = tokens([request.messages, request.tools ?? []]);
  const written = tokens([message.content ?? '', message.refusal ?? '', message.tool_calls ?? []]) * choices;
  return { prompt_tokens: prompt, completion_tokens: written, total_tokens: prompt + written };
}

function tokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4);
}
