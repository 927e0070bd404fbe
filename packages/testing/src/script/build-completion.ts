import type {
  AssistantMessage,
  ChatChoice,
  ChatRequest,
  ChatResponse,
  CompletionUsage,
  ToolCall,
} from '@pawl/core/chat';
import type { ScriptedCall, ScriptedMessageResponse } from './scripted-response.ts';

export interface CompletionOptions {
  readonly request: ChatRequest;
  /** Used if the request names none. */
  readonly model: string;
}

/** Builds the whole response for a scripted message. The same conversation always gives the same response. */
export function buildCompletion(
  response: ScriptedMessageResponse,
  { request, model }: CompletionOptions,
): ChatResponse {
  const message = withIds(response, request);
  const buildChoice = (index: number): ChatChoice => ({
    index,
    message,
    finish_reason: chooseFinishReason(response),
    logprobs: null,
  });
  const others = Array.from({ length: Math.max(0, (request.n ?? 1) - 1) }, (_, index) => buildChoice(index + 1));
  const usage = response.usage === undefined ? estimateUsage(message, request, others.length + 1) : response.usage;
  return {
    id: `chatcmpl-${request.messages.filter(({ role }) => role === 'assistant').length + 1}`,
    object: 'chat.completion',
    created: CREATED_S,
    model: request.model ?? model,
    choices: [buildChoice(0), ...others],
    ...(usage !== null && { usage }),
    system_fingerprint: 'fp_pawl_offline',
  };
}

/** 2025-01-01 UTC. Fixed, so that transcripts can be compared whole. */
const CREATED_S = 1_735_689_600;

function withIds({ message }: ScriptedMessageResponse, request: ChatRequest): AssistantMessage {
  const { tool_calls: calls, ...rest } = message;
  if (calls === undefined) return rest;
  const earlier = request.messages.flatMap((message) =>
    message.role === 'assistant' ? (message.tool_calls ?? []) : [],
  );
  const taken = new Set([...earlier, ...calls].flatMap(({ id }) => id ?? []));
  let count = earlier.length;
  const findFreeId = (): string => {
    do count++;
    while (taken.has(`call_${count}`));
    return `call_${count}`;
  };
  const identify = ({ id = findFreeId(), ...call }: ScriptedCall): ToolCall => ({ id, ...call });
  return { ...rest, tool_calls: calls.map(identify) };
}

function chooseFinishReason({ finishReason, message }: ScriptedMessageResponse): ChatChoice['finish_reason'] {
  if (finishReason !== undefined) return finishReason;
  return (message.tool_calls ?? []).length > 0 ? 'tool_calls' : 'stop';
}

/** Counts four characters as one token: close enough for limits, and deterministic. */
function estimateUsage(message: AssistantMessage, request: ChatRequest, choices: number): CompletionUsage {
  const prompt = estimateTokens([request.messages, request.tools ?? []]);
  const written = estimateTokens([message.content ?? '', message.refusal ?? '', message.tool_calls ?? []]) * choices;
  return { prompt_tokens: prompt, completion_tokens: written, total_tokens: prompt + written };
}

function estimateTokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4);
}
