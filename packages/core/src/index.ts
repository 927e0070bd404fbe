export { Agent } from './agent/agent.ts';
export type { AgentOptions, ContinueOptions, Input, ResumeOptions, RunOptions } from './agent/agent-options.ts';
export type { AsToolOptions } from './agent/as-tool.ts';
export type { Handoff } from './agent/blueprint.ts';
export type { HandoffOptions, Handoffs, HandoffTarget } from './agent/handoff.ts';
export { Run } from './agent/run.ts';
export type { IncompleteOutcome } from './agent/run-error.ts';
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
export type { Json, JsonObject } from './base/json.ts';
export type { OptionTable } from './base/options.ts';
export { checkOptions } from './base/options.ts';
export type * from './chat/chunk.ts';
export { ModelError, ProtocolError } from './chat/errors.ts';
export type * from './chat/message.ts';
export { callArguments, callName } from './chat/message.ts';
export type * from './chat/reply.ts';
export type * from './chat/request.ts';
export type * from './event/answer.ts';
export type { ErrorData } from './event/error-data.ts';
export type { EventOf, EventStamp, EventType, RunEvent, ToolCallFields } from './event/event.ts';
export type * from './event/fact.ts';
export type { FailedAttempt } from './event/failed-attempt.ts';
export { formatEvent } from './event/format-event.ts';
export type { HistoryEdit } from './event/history-edit.ts';
export type * from './event/notice.ts';
export type { Listener, Listeners } from './event/observers.ts';
export type * from './event/outcome.ts';
export type { Rejection } from './event/rejection.ts';
export type { Usage } from './event/usage.ts';
export type {
  Conversation,
  ConversationChange,
  ConversationOptions,
  ConversationStore,
  StoredConversation,
} from './host/conversation.ts';
export { conversation } from './host/conversation.ts';
export { ApprovalError, ConversationError } from './host/errors.ts';
export type * from './host/host.ts';
export { memoryConversations } from './host/memory-conversations.ts';
export type { MemoryHostOptions } from './host/memory-host.ts';
export { memoryHost } from './host/memory-host.ts';
export type * from './host/step-runner.ts';
export type { Limits } from './limits/limits.ts';
export {
  EmptyResponseError,
  InvalidOutputError,
  InvalidToolInputError,
  RepeatedToolFailureError,
} from './loop/errors.ts';
export type { StopCondition, StopResult, StopState } from './loop/stop.ts';
export { stopOnTool } from './loop/stop.ts';
export type { ReferenceCompaction, ReferenceCompactionOptions } from './middleware/compact-by-reference.ts';
export { compactByReference } from './middleware/compact-by-reference.ts';
export type { SummaryCompactionOptions } from './middleware/compact-by-summary.ts';
export { compactBySummary } from './middleware/compact-by-summary.ts';
export type { GuardAllow, GuardOptions, GuardRefuse } from './middleware/guard.ts';
export { GuardError } from './middleware/guard.ts';
export type { GuardedInput, GuardReplaceInput, InputGuardOptions } from './middleware/input-guard.ts';
export { inputGuard } from './middleware/input-guard.ts';
export type { CompactionOptions } from './middleware/older.ts';
export type {
  GuardedOutput,
  GuardReplaceOutput,
  GuardRetry,
  OutputGuardOptions,
  OutputGuardVerdict,
} from './middleware/output-guard.ts';
export { outputGuard } from './middleware/output-guard.ts';
export type {
  GuardDeny,
  GuardedResult,
  GuardReplaceCall,
  GuardReplaceResult,
  ToolCallVerdict,
  ToolGuardOptions,
  ToolResultVerdict,
} from './middleware/tool-guard.ts';
export { toolGuard } from './middleware/tool-guard.ts';
export type { ToolSearch, ToolSearchOptions } from './middleware/tool-search.ts';
export { toolSearch } from './middleware/tool-search.ts';
export { selectTools } from './middleware/tools-by-turn.ts';
export type { SummarizeHistoryOptions } from './middleware/views.ts';
export { lastMessages, summarizeHistory } from './middleware/views.ts';
export type { RetryPolicy } from './model/attempts.ts';
export type { ChatModel, ModelContext, Price } from './model/chat-model.ts';
export { ContextLengthError, HttpError, NetworkError, TimeoutError } from './model/errors.ts';
export { withFallback } from './model/fallback.ts';
export type { RouteModelOptions } from './model/route.ts';
export { routeModel } from './model/route.ts';
export type { ResponseCache } from './model/with-cache.ts';
export { memoryResponseCache, withCache } from './model/with-cache.ts';
export { withConcurrency } from './model/with-concurrency.ts';
export type { RateLimit } from './model/with-rate-limit.ts';
export { withRateLimit } from './model/with-rate-limit.ts';
export type { AzureOptions } from './openai/azure.ts';
export { azure } from './openai/azure.ts';
export type { ResponseLimits } from './openai/caps.ts';
export type { OpenAIOptions } from './openai/openai.ts';
export { openai } from './openai/openai.ts';
export type { Profile } from './openai/profile.ts';
export type { ProfileName, ServerProfile } from './openai/profiles.ts';
export type { HistoryFilter, HistoryFilterScope } from './perform/definition.ts';
export type {
  Middleware,
  MiddlewareScope,
  NextModelCall as NextModel,
  ToolExecution,
  TurnPlan,
  ValidatedCall,
} from './perform/middleware.ts';
export type { JsonSchema } from './schema/json-schema.ts';
export type { CheckResult, JsonSchemaOptions } from './schema/plain.ts';
export { jsonSchema } from './schema/plain.ts';
export type { Schema, StandardSchema, ZodSchema } from './schema/schema.ts';
export type { StrictReason } from './schema/strict-reason.ts';
export type { CustomToolOptions } from './tool/custom-tool.ts';
export { customTool } from './tool/custom-tool.ts';
export { AbortRun, RefuseRun, SuspendRun, ToolError } from './tool/errors.ts';
export { ToolTimeoutError } from './tool/execute.ts';
export type { ApprovalRule } from './tool/require-approval.ts';
export { requireApproval } from './tool/require-approval.ts';
export type { ToolResult } from './tool/result.ts';
export { contentParts } from './tool/result.ts';
export type { Effect, InferToolInput, InferToolOutput, Tool, ToolContext, ToolOptions } from './tool/tool.ts';
export { tool } from './tool/tool.ts';
export { filterTools, prefixTools, renameTools, withToolTimeout } from './tool/toolset.ts';
export type { ToolRetry } from './tool/with-retry.ts';
export { withToolRetry } from './tool/with-retry.ts';
