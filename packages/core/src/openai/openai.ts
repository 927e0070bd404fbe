import { checkOptions } from '../base/options.ts';
import { createQuoteCheck } from '../chat/quote-check.ts';
import type { ChatRequest } from '../chat/request.ts';
import { ResponseReader, type ResponseReaderOptions } from '../chat/response-reader.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { completeModelContext } from '../model/model-context.ts';
import { type DescribeRequest, withDescription } from '../model/request-identity.ts';
import { getMemo, type RequestMemo } from '../model/request-memo.ts';
import type { BodyBytes } from './body-bytes.ts';
import { createFinalTool } from './final-tool.ts';
import { OPENAI_OPTIONS, type OpenAIOptions } from './openai-options.ts';
import type { Profile } from './profile.ts';
import { buildRequestBody } from './request-body.ts';
import { type ApiRequest, type ServerApi, ServerConnection } from './server-connection.ts';
import { markUnreportedCut } from './unreported-cut.ts';

/**
 * Creates a model on any server with the Chat Completions API.
 *
 * @throws ConfigError for an unknown option, an invalid URL or an invalid value. The first request throws it for a missing key, so that a
 * module that creates a model can be imported without a key.
 */
export function openai(model: string, options: OpenAIOptions = {}): ChatModel {
  const connection = new ServerConnection(
    model,
    checkOptions(options, OPENAI_OPTIONS, CHAT_COMPLETIONS.caller),
    CHAT_COMPLETIONS,
  );
  const { profile, extraBody, price, server, responseLimits } = connection;
  const buildBody = (request: ChatRequest, memo?: RequestMemo): BodyBytes =>
    buildRequestBody(request, { model, profile, extraBody, memo });
  const describe: DescribeRequest = async ({ stream: _, stream_options: __, ...request }) =>
    connection.describe(buildBody(createFinalTool(request, profile)?.request ?? request));
  return {
    name: model,
    ...(price && { price }),
    server,
    send: withDescription(async (original, partialContext) => {
      const finalTool = createFinalTool(original, profile);
      const request = withoutToolStream(finalTool?.request ?? original, profile);
      const context = completeModelContext(partialContext);
      const sent = {
        model: request.model ?? model,
        isStreamed: request.stream === true,
        body: buildBody(request, getMemo(context)),
        reader: new ResponseReader({ maxCalls: responseLimits.maxToolCalls, ...chooseReaderOptions(request, profile) }),
        review: (finished) => markUnreportedCut(finished, { request: original, profile, extraBody }),
      } satisfies ApiRequest;
      const response = connection.send(sent, finalTool?.wrapContext(context) ?? context);
      return finalTool === undefined ? response : response.then(finalTool.convertResponse);
    }, describe),
  };
}

const CHAT_COMPLETIONS: ServerApi = {
  path: '/chat/completions',
  caller: 'openai()',
  reservedFields: ['model', 'messages', 'tools', 'stream'],
};

/** Returns the request unstreamed if it has tools and the server does not stream tool calls. */
function withoutToolStream(request: ChatRequest, { streamsTools }: Profile): ChatRequest {
  if (streamsTools || request.stream !== true || (request.tools ?? []).length === 0) return request;
  const { stream: _, stream_options: __, ...rest } = request;
  return rest;
}

/** Reads calls from the text of the response only if the request allows calls. */
function chooseReaderOptions(
  { messages, tools = [], tool_choice: choice }: ChatRequest,
  profile: Profile,
): Omit<ResponseReaderOptions, 'maxCalls'> {
  const isTextRead = profile.textToolCalls && tools.length > 0 && choice !== 'none';
  return { tools, ...(isTextRead && { textCalls: { isQuoted: createQuoteCheck(messages) } }) };
}
