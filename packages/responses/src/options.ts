import type { AzureOptions, JsonObject, OpenAIOptions, OptionTable } from '@pawl/core';
import { OPENAI_OPTIONS } from '@pawl/core/model';

export interface OwnOptions {
  /** How the model sums up its reasoning: the text of `reasoning.delta` events. OpenAI asks for a verified organization. @defaultValue none */
  readonly reasoningSummary?: 'auto' | 'concise' | 'detailed';
  /**
   * Whether the model reasons. If it does, its reasoning comes back encrypted, is stored with the message, and goes back to the same server.
   *
   * @defaultValue by the name: all but the GPT models up to 4.5 and those of ChatGPT
   */
  readonly isReasoning?: boolean;
  /**
   * Tools that the server runs itself, as in the reference: `{ type: 'web_search' }`. Their results are stored with the message and go back to the
   * same server.
   */
  readonly hostedTools?: readonly JsonObject[];
  /** The most that a response may add to its message for its server, in characters of JSON. @defaultValue 1_048_576 */
  readonly maxKeptBytes?: number;
}

export interface ResponsesOptions extends OpenAIOptions, OwnOptions {}

export interface AzureResponsesOptions extends AzureOptions, OwnOptions {}

export const OWN_OPTIONS: OptionTable<OwnOptions> = {
  keys: {
    reasoningSummary: { auto: true, concise: true, detailed: true },
    isReasoning: 'boolean',
    hostedTools: 'list',
    maxKeptBytes: 'number',
  },
};

export const RESPONSES_HINTS: Readonly<Record<string, string>> = {
  reasoning:
    'The effort is a request field: modelSettings of the agent, { reasoning_effort }. The summary is the option "reasoningSummary".',
  store: 'It is a request field: modelSettings of the agent, { store }.',
  tools: 'Tools of the agent are an option of the agent. Those that the server runs are "hostedTools".',
};

export const RESPONSES_OPTIONS: OptionTable<ResponsesOptions> = {
  keys: { ...OPENAI_OPTIONS.keys, ...OWN_OPTIONS.keys },
  hints: { ...OPENAI_OPTIONS.hints, ...RESPONSES_HINTS },
};
