import type { Attributes } from '@opentelemetry/api';
import type { Usage } from '@pawl/core';
import type { ChatRequest, ChatResponse } from '@pawl/core/chat';
import { ATTRIBUTE, formatModalityUsage, PAWL } from './semconv.ts';

export function createResponseAttributes({ id, model, choices }: ChatResponse): Attributes {
  const reasons = choices.map(({ finish_reason: reason }) => reason ?? 'unknown');
  return {
    ...(id !== undefined && { [ATTRIBUTE.responseId]: id }),
    ...(model !== undefined && { [ATTRIBUTE.responseModel]: model }),
    [ATTRIBUTE.responseFinishReasons]: reasons,
  };
}

/** What only servers of OpenAI's own API send, and are sent. */
export function createOpenaiAttributes(request: ChatRequest, response: ChatResponse | undefined): Attributes {
  const { service_tier: wanted } = request;
  const { service_tier: tier, system_fingerprint: fingerprint } = response ?? {};
  return {
    [ATTRIBUTE.openaiApiType]: 'chat_completions',
    ...(wanted !== undefined && wanted !== null && wanted !== 'auto'
      ? { [ATTRIBUTE.openaiRequestServiceTier]: wanted }
      : {}),
    ...(tier !== undefined && tier !== null && { [ATTRIBUTE.openaiResponseServiceTier]: tier }),
    ...(fingerprint !== undefined && fingerprint !== null && { [ATTRIBUTE.openaiSystemFingerprint]: fingerprint }),
  };
}

/** The tokens of a model call, all its attempts included, as the run is charged for them. */
export function createUsageAttributes(usage: Usage, response: ChatResponse | undefined): Attributes {
  const attributes: Attributes = {
    [ATTRIBUTE.usageInputTokens]: usage.inputTokens,
    [ATTRIBUTE.usageOutputTokens]: usage.outputTokens,
  };
  if (usage.cachedInputTokens > 0) attributes[ATTRIBUTE.usageCacheReadInputTokens] = usage.cachedInputTokens;
  if (usage.reasoningTokens > 0) attributes[ATTRIBUTE.usageReasoningOutputTokens] = usage.reasoningTokens;
  if (usage.estimated) attributes[PAWL.isEstimated] = true;
  const written = response?.usage?.prompt_tokens_details?.cache_write_tokens ?? 0;
  if (written > 0) attributes[ATTRIBUTE.usageCacheWriteInputTokens] = written;
  for (const direction of ['input', 'output'] as const) {
    for (const [modality, tokens] of listModalities(response, direction)) {
      attributes[formatModalityUsage(modality, direction)] = tokens;
    }
  }
  return attributes;
}

/** The tokens of each modality that the server counted apart. */
export function listModalities(
  response: ChatResponse | undefined,
  direction: 'input' | 'output',
): readonly (readonly [modality: string, tokens: number])[] {
  const { prompt_tokens_details: input, completion_tokens_details: output } = response?.usage ?? {};
  const counted = direction === 'input' ? input : output;
  const named = [
    ['text', counted?.text_tokens],
    ['image', direction === 'input' ? input?.image_tokens : undefined],
    ['audio', counted?.audio_tokens],
  ] as const;
  return named.flatMap(([modality, tokens]) =>
    tokens === undefined || tokens <= 0 ? [] : [[modality, tokens] as const],
  );
}
