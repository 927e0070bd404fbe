import type { Attributes } from '@opentelemetry/api';
import type { ChatModel } from '@pawl/core';
import type { ChatSettings } from '@pawl/core/chat';
import { ATTRIBUTE, toProviderName } from './semconv.ts';

/** The request fields that both an agent's and a model call's span have. */
export function createSettingAttributes(settings: ChatSettings): Attributes {
  const attributes: Attributes = {};
  const set = (name: string, value: number | string | readonly string[] | null | undefined): void => {
    if (value !== undefined && value !== null) attributes[name] = value as string | number | string[]; // Not changed.
  };
  set(ATTRIBUTE.requestMaxTokens, settings.max_completion_tokens ?? settings.max_tokens);
  set(ATTRIBUTE.requestTemperature, settings.temperature);
  set(ATTRIBUTE.requestTopP, settings.top_p);
  set(ATTRIBUTE.requestFrequencyPenalty, settings.frequency_penalty);
  set(ATTRIBUTE.requestPresencePenalty, settings.presence_penalty);
  set(ATTRIBUTE.requestSeed, settings.seed);
  set(ATTRIBUTE.requestReasoningLevel, settings.reasoning_effort);
  set(ATTRIBUTE.outputType, findOutputType(settings));
  const { stop, n } = settings;
  set(ATTRIBUTE.requestStopSequences, typeof stop === 'string' ? [stop] : stop);
  if (n !== 1) set(ATTRIBUTE.requestChoiceCount, n);
  return attributes;
}

function findOutputType({ response_format: format, modalities }: ChatSettings): string | undefined {
  if (modalities?.includes('audio')) return 'speech';
  if (format === undefined) return undefined;
  return format.type === 'text' ? 'text' : 'json';
}

/** The attributes that metrics of model calls have, and that samplers see. */
export function createModelAttributes({ name, server }: ChatModel, requested: string | undefined = name): Attributes {
  return {
    [ATTRIBUTE.providerName]: toProviderName(server?.provider),
    [ATTRIBUTE.requestModel]: requested,
    ...(server?.address !== undefined && { [ATTRIBUTE.serverAddress]: server.address }),
    ...(server?.port !== undefined && { [ATTRIBUTE.serverPort]: server.port }),
  };
}
