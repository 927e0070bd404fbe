export { Agent } from './agent/agent.ts';
export type { AgentOptions, ContinueOptions, Input, ResumeOptions, RunOptions } from './agent/agent-options.ts';
export type { AsToolOptions } from './agent/as-tool.ts';
export type { Handoff } from './agent/blueprint.ts';
export type { HandoffOptions, HandoffTarget } from './agent/handoff.ts';
export { Run } from './agent/run.ts';
export {
  RunAbortedError,
  RunError,
  RunFailedError,
  RunFilteredError,
  RunLimitedError,
  RunRefusedError,
  RunSuspendedError,
  RunTruncatedError,
} from './agent/run-error.ts';
export type { Clock } from './base/clock.ts';
export { systemClock } from './base/clock.ts';
export { ConfigError, HostError, PawlError } from './base/errors.ts';
export type { JsonObject } from './base/json.ts';
export type { OptionTable } from './base/options.ts';
export { checkOptions } from './base/options.ts';
export { ModelError, ProtocolError } from './chat/errors.ts';
export type { Answer } from './event/answer.ts';
export type { RunEvent } from './event/event.ts';
export type { Listener, Listeners } from './event/observers.ts';
export type {
  AbortedOutcome,
  CompletedOutcome,
  FailedOutcome,
  FilteredOutcome,
  LimitedOutcome,
  LimitName,
  Outcome,
  PendingCall,
  RefusedOutcome,
  SuspendedOutcome,
  TruncatedOutcome,
} from './event/outcome.ts';
export type { Usage } from './event/usage.ts';
export type { Conversation, ConversationOptions } from './host/conversation.ts';
export { conversation } from './host/conversation.ts';
export { ApprovalError, ConversationError } from './host/errors.ts';
export type { Host } from './host/host.ts';
export { memoryConversations } from './host/memory-conversations.ts';
export type { MemoryHostOptions } from './host/memory-host.ts';
export { memoryHost } from './host/memory-host.ts';
export type { Limits } from './limits/limits.ts';
export {
  EmptyResponseError,
  InvalidOutputError,
  InvalidToolInputError,
  RepeatedToolFailureError,
} from './loop/errors.ts';
export type { StopCondition, StopResult, StopState } from './loop/stop-condition.ts';
export { stopOnTool } from './loop/stop-condition.ts';
export type { RetryPolicy } from './model/attempts.ts';
export type { ChatModel, ModelContext, Price } from './model/chat-model.ts';
export { ContextLengthError, HttpError, NetworkError, TimeoutError } from './model/errors.ts';
export type { RouteModelOptions } from './model/route-model.ts';
export { routeModel } from './model/route-model.ts';
export type { ResponseCache } from './model/with-cache.ts';
export { memoryResponseCache, withCache } from './model/with-cache.ts';
export { withConcurrency } from './model/with-concurrency.ts';
export { withFallback } from './model/with-fallback.ts';
export type { RateLimit } from './model/with-rate-limit.ts';
export { withRateLimit } from './model/with-rate-limit.ts';
export type { AzureOptions } from './openai/azure.ts';
export { azure } from './openai/azure.ts';
export { openai } from './openai/openai.ts';
export type { OpenAIOptions } from './openai/openai-options.ts';
export type { Profile } from './openai/profile.ts';
export type { ProfileName, ServerProfile } from './openai/profiles.ts';
export type { ResponseLimits } from './openai/response-limits.ts';
export type { JsonSchemaOptions } from './schema/plain-json-schema.ts';
export { jsonSchema } from './schema/plain-json-schema.ts';
export type { Schema, StandardSchema, ZodSchema } from './schema/schema.ts';
export type { CustomToolOptions } from './tool/custom-tool.ts';
export { customTool } from './tool/custom-tool.ts';
export { AbortRun, RefuseRun, SuspendRun, ToolError, UnknownOutcomeError } from './tool/errors.ts';
export { ToolTimeoutError } from './tool/execute-tool.ts';
export type { Effect, InferToolInput, InferToolOutput, Tool, ToolOptions } from './tool/tool.ts';
export { tool } from './tool/tool.ts';
export type { ToolContext } from './tool/tool-context.ts';
export type { ToolResult } from './tool/tool-result.ts';
export { contentParts } from './tool/tool-result.ts';
