import type { JsonObject, Price } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import type { PriceTable, ResponseLimits } from '@pawl/core/model';

/** A language model of the AI SDK, of specification v4 (AI SDK 7) or v3 (AI SDK 6): `anthropic('…')`, `google('…')`, `openai.responses('…')`. */
export interface AiSdkModel {
  readonly specificationVersion: 'v4' | 'v3';
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: never): PromiseLike<object>;
  doStream(options: never): PromiseLike<object>;
}

/** By the name of the provider: `{ anthropic: { thinking: { type: 'adaptive' } } }`. */
export type ProviderSettings = Readonly<Record<string, JsonObject>>;

export interface AiSdkOptions {
  /** The name in events and outcomes. @defaultValue the model's id */
  readonly name?: string;
  /** Required for `limits.cost`: the price of the model, or a table that has its name. */
  readonly price?: Price | PriceTable;
  /** Whether tools are sent as strict, if their schema has a strict form. Not every provider has strict tools. @defaultValue false */
  readonly strict?: boolean;
  /**
   * Whether images and files of tools are sent inside their results. Otherwise they follow in a user message, which every provider reads.
   *
   * @defaultValue true for Anthropic, Google, Bedrock and Responses, which read files in results
   */
  readonly filesInResults?: boolean;
  /** The provider's own options, for everything that no field of a request means. A function is called for each attempt. */
  readonly providerOptions?: ProviderSettings | ((request: ChatRequest) => ProviderSettings);
  /** The most that a response may add to its message for its provider, in characters of JSON: signatures, files. @defaultValue 1_048_576 */
  readonly maxKeptBytes?: number;
  /** `maxBytes` counts the characters of the content; `maxEventLength` has no effect. */
  readonly responseLimits?: ResponseLimits;
  /** The identity of this model in `withCache`, which must differ if the server, account or `providerOptions` differ. @defaultValue a random key */
  readonly cacheKey?: string;
}
