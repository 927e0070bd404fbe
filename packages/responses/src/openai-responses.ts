import { type ChatModel, checkOptions, type OpenAIOptions } from '@pawl/core';
import { completeModelContext, type ServerApi, ServerConnection, withDescription } from '@pawl/core/model';
import { checkOwnOptions, type OwnSettings } from './check-options.ts';
import { RESPONSES_OPTIONS, type ResponsesOptions } from './options.ts';
import { ResponsesReader } from './response-reader.ts';
import { isReasoningModel } from './responses-models.ts';
import { RequestWriter } from './write-request.ts';

/**
 * Creates a model on OpenAI's Responses, or on a server that speaks it. Nothing is stored on the server (`store: false`): each request has the whole
 * conversation, and reasoning comes back encrypted and goes back with it. So a run resumes after any time, in any process.
 *
 * @throws ConfigError for an unknown option, an invalid URL or an invalid value. A request throws it for a missing key, and for a field of Chat
 * Completions that Responses does not have.
 *
 * @example
 * const agent = new Agent({ model: openaiResponses('gpt-5-pro', { reasoningSummary: 'auto' }), tools });
 *
 * @see https://platform.openai.com/docs/api-reference/responses
 */
export function openaiResponses(model: string, options: ResponsesOptions = {}): ChatModel {
  const checked = checkOptions(options, RESPONSES_OPTIONS, CALLER);
  return createResponsesModel(model, checked, { own: checkOwnOptions(checked, CALLER), caller: CALLER });
}

const CALLER = 'openaiResponses()';

/** Fields that each request sets itself, or that would make it rely on what the server stores. */
const RESERVED_FIELDS: readonly string[] = [
  'model',
  'input',
  'tools',
  'stream',
  'include',
  'background',
  'conversation',
  'previous_response_id',
  'prompt',
];

interface ModelSettings {
  readonly own: OwnSettings;
  /** As errors name it. */
  readonly caller: string;
}

/** Makes the model from options that were checked. */
export function createResponsesModel(
  model: string,
  options: OpenAIOptions,
  { own: { hostedTools, maxKeptBytes, isReasoning, reasoningSummary }, caller }: ModelSettings,
): ChatModel {
  const api: ServerApi = { path: '/responses', caller, reservedFields: RESERVED_FIELDS };
  const connection = new ServerConnection(model, options, api);
  const { profile, extraBody, price, server, responseLimits } = connection;
  // Encrypted reasoning is bound to the account, of which the server is the part that is known.
  const provider = `responses:${server.address}`;
  const writer = new RequestWriter({
    model,
    provider,
    profile,
    hostedTools,
    reasoningSummary,
    isReasoning: (name) => isReasoning ?? isReasoningModel(name),
    extraBody,
  });
  return {
    name: model,
    ...(price && { price }),
    server,
    send: withDescription(
      async (request, partialContext) => {
        const sent = {
          model: request.model ?? model,
          isStreamed: request.stream === true,
          body: writer.write(request),
          reader: new ResponsesReader({ provider, maxToolCalls: responseLimits.maxToolCalls, maxKeptBytes }),
        };
        return connection.send(sent, completeModelContext(partialContext));
      },
      async ({ stream: _, stream_options: __, ...request }) => connection.describe(writer.write(request)),
    ),
  };
}
