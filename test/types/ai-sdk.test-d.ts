import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import type { EmbeddingModelV4, LanguageModelV2, LanguageModelV3, LanguageModelV4 } from '@ai-sdk/provider';
import { type AiSdkModel, fromAiSdk, type ProviderSettings } from '@pawl/ai-sdk';
import { Agent, type ChatModel } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { MockLanguageModelV3, MockLanguageModelV4 } from 'ai/test';
import { expectTypeOf, test } from 'vitest';

test('fromAiSdk accepts the language models of providers, of specification v4 and v3', () => {
  expectTypeOf<LanguageModelV4>().toExtend<AiSdkModel>();
  expectTypeOf<LanguageModelV3>().toExtend<AiSdkModel>();
  expectTypeOf(fromAiSdk(createAnthropic()('claude-sonnet-4-5'))).toEqualTypeOf<ChatModel>();
  fromAiSdk(createGoogle()('gemini-3-pro-preview'));
  fromAiSdk(createOpenAI().responses('gpt-5-pro'));
  fromAiSdk(createAmazonBedrock()('anthropic.claude-sonnet-4-5-20250929-v1:0'));
  fromAiSdk(new MockLanguageModelV4());
  fromAiSdk(new MockLanguageModelV3());
  new Agent({ model: fromAiSdk(new MockLanguageModelV4()) });
});

test('fromAiSdk refuses everything else', () => {
  expectTypeOf<LanguageModelV2>().not.toExtend<AiSdkModel>();
  expectTypeOf<EmbeddingModelV4>().not.toExtend<AiSdkModel>();
  // @ts-expect-error: the name of a model is none.
  () => fromAiSdk('anthropic/claude-sonnet-4-5');
  // @ts-expect-error: an unknown option.
  () => fromAiSdk(new MockLanguageModelV4(), { temperature: 1 });
  // @ts-expect-error: the options of a provider stand under its name.
  () => fromAiSdk(new MockLanguageModelV4(), { providerOptions: { thinking: true } });
});

test('providerOptions may depend on the request', () => {
  const choose = ({ messages }: ChatRequest): ProviderSettings => ({
    anthropic: { effort: messages.length > 2 ? 'low' : 'high' },
  });
  fromAiSdk(new MockLanguageModelV4(), { providerOptions: choose });
});
