// The names of the semantic conventions for generative AI, semconv-genai v0.1.0 (Development). No other file spells one.

/** The names of operations. */
export const OPERATION = { invokeAgent: 'invoke_agent', chat: 'chat', executeTool: 'execute_tool' } as const;

export const ATTRIBUTE = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  agentName: 'gen_ai.agent.name',
  agentDescription: 'gen_ai.agent.description',
  conversationId: 'gen_ai.conversation.id',
  conversationCompacted: 'gen_ai.conversation.compacted',
  outputType: 'gen_ai.output.type',
  requestModel: 'gen_ai.request.model',
  requestChoiceCount: 'gen_ai.request.choice.count',
  requestSeed: 'gen_ai.request.seed',
  requestStream: 'gen_ai.request.stream',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestTemperature: 'gen_ai.request.temperature',
  requestTopP: 'gen_ai.request.top_p',
  requestFrequencyPenalty: 'gen_ai.request.frequency_penalty',
  requestPresencePenalty: 'gen_ai.request.presence_penalty',
  requestStopSequences: 'gen_ai.request.stop_sequences',
  requestReasoningLevel: 'gen_ai.request.reasoning.level',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  responseFinishReasons: 'gen_ai.response.finish_reasons',
  responseTimeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  usageInputTokens: 'gen_ai.usage.input_tokens',
  usageOutputTokens: 'gen_ai.usage.output_tokens',
  usageCacheReadInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  usageCacheWriteInputTokens: 'gen_ai.usage.cache_write.input_tokens',
  usageReasoningOutputTokens: 'gen_ai.usage.reasoning.output_tokens',
  tokenModality: 'gen_ai.token.modality',
  systemInstructions: 'gen_ai.system_instructions',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  toolDefinitions: 'gen_ai.tool.definitions',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolDescription: 'gen_ai.tool.description',
  toolCallId: 'gen_ai.tool.call.id',
  toolCallArguments: 'gen_ai.tool.call.arguments',
  toolCallResult: 'gen_ai.tool.call.result',
  transferMode: 'gen_ai.transfer.mode',
  transferTargetType: 'gen_ai.transfer.target.type',
  transferTargetName: 'gen_ai.transfer.target.name',
  errorType: 'error.type',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStacktrace: 'exception.stacktrace',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  promptName: 'gen_ai.prompt.name',
  mcpMethodName: 'mcp.method.name',
  mcpProtocolVersion: 'mcp.protocol.version',
  mcpSessionId: 'mcp.session.id',
  mcpResourceUri: 'mcp.resource.uri',
  jsonrpcRequestId: 'jsonrpc.request.id',
  rpcStatusCode: 'rpc.response.status_code',
  networkTransport: 'network.transport',
  networkProtocolName: 'network.protocol.name',
  openaiRequestServiceTier: 'openai.request.service_tier',
  openaiResponseServiceTier: 'openai.response.service_tier',
  openaiSystemFingerprint: 'openai.response.system_fingerprint',
  openaiApiType: 'openai.api.type',
} as const;

/** The usage of one modality: `gen_ai.usage.audio.input_tokens`. */
export function formatModalityUsage(modality: string, direction: 'input' | 'output'): string {
  return `gen_ai.usage.${modality}.${direction}_tokens`;
}

export const EVENT = {
  operationDetails: 'gen_ai.client.inference.operation.details',
  modelException: 'gen_ai.client.operation.exception',
  toolException: 'gen_ai.execute_tool.exception',
} as const;

/** What the conventions have no name for. */
export const PAWL = {
  runId: 'pawl.run.id',
  attemptId: 'pawl.attempt.id',
  path: 'pawl.run.path',
  outcome: 'pawl.outcome',
  isResumed: 'pawl.resumed',
  link: 'pawl.link',
  isEstimated: 'pawl.usage.estimated',
  usageInputTokens: 'pawl.usage.input_tokens',
  usageOutputTokens: 'pawl.usage.output_tokens',
  usageCacheReadInputTokens: 'pawl.usage.cache_read.input_tokens',
  usageReasoningOutputTokens: 'pawl.usage.reasoning.output_tokens',
  usageCost: 'pawl.usage.cost',
  attemptFailed: 'pawl.attempt_failed',
  retryInMs: 'retry_in_ms',
  wait: 'pawl.wait',
  waitedMs: 'waited_ms',
} as const;

export const METRIC = {
  inferenceDuration: 'gen_ai.client.inference.duration',
  timeToFirstChunk: 'gen_ai.client.inference.time_to_first_chunk',
  timePerOutputChunk: 'gen_ai.client.inference.time_per_output_chunk',
  usageInputTokens: 'gen_ai.client.inference.usage.input_tokens',
  usageOutputTokens: 'gen_ai.client.inference.usage.output_tokens',
  usageCacheRead: 'gen_ai.client.inference.usage.cache_read.input_tokens',
  usageCacheWrite: 'gen_ai.client.inference.usage.cache_write.input_tokens',
  usageReasoning: 'gen_ai.client.inference.usage.reasoning.output_tokens',
  operationInputTokens: 'gen_ai.client.inference.operation.input_tokens',
  operationOutputTokens: 'gen_ai.client.inference.operation.output_tokens',
  agentDuration: 'gen_ai.invoke_agent.duration',
  agentInferenceCalls: 'gen_ai.invoke_agent.inference_calls',
  agentToolCalls: 'gen_ai.invoke_agent.tool_calls',
  toolDuration: 'gen_ai.execute_tool.duration',
  mcpDuration: 'mcp.client.operation.duration',
} as const;

/** The first boundary, and by what each following one is multiplied. */
function createBoundaries(
  first: number,
  { factor, count }: { readonly factor: number; readonly count: number },
): number[] {
  return Array.from({ length: count }, (_, exponent) => Number((first * factor ** exponent).toPrecision(12)));
}

export const BUCKETS: Readonly<Record<'call' | 'tokens' | 'agent' | 'count' | 'mcp', readonly number[]>> = {
  /** Seconds: 0.01 to 81.92. */
  call: createBoundaries(0.01, { factor: 2, count: 14 }),
  /** Tokens: 1 to 67108864. */
  tokens: createBoundaries(1, { factor: 4, count: 14 }),
  /** Seconds: 0.1 to 409.6. */
  agent: createBoundaries(0.1, { factor: 2, count: 13 }),
  /** Calls: 1 to 128. */
  count: createBoundaries(1, { factor: 2, count: 8 }),
  /** Seconds. */
  mcp: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
};

/** `gen_ai.provider.name` by the name of Pawl's profile, where it is another. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  mistral: 'mistral_ai',
  xai: 'x_ai',
  moonshot: 'moonshot_ai',
  gemini: 'gcp.gemini',
};

/** The same by the names of providers of the AI SDK: `google.vertex.chat`. The first that fits wins. */
const AI_SDK_PROVIDERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^(google\.|google)?vertex\b/i, 'gcp.vertex_ai'],
  [/^google\b/, 'gcp.gemini'],
  [/^(amazon-)?bedrock\b/, 'aws.bedrock'],
  [/^azure\./, 'azure.ai.openai'],
  [/^mistral\./, 'mistral_ai'],
  [/^xai\./, 'x_ai'],
  [/^moonshotai\b/, 'moonshot_ai'],
];

/** A model that does not say where it is gets the provider `unknown`: the attribute is required. */
export function toProviderName(provider: string | undefined): string {
  if (provider === undefined) return 'unknown';
  const known = PROVIDERS[provider] ?? AI_SDK_PROVIDERS.find(([pattern]) => pattern.test(provider))?.[1];
  return known ?? provider.replace(/\.(chat|messages|responses|completion)$/, '');
}
