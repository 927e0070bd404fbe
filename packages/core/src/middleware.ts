/** Guards, compaction, tool search, history filters and wrappers of tools, and the types to write your own. */

export type { ReferenceCompaction, ReferenceCompactionOptions } from './middleware/compact-by-reference.ts';
export { compactByReference } from './middleware/compact-by-reference.ts';
export type { SummaryCompactionOptions } from './middleware/compact-by-summary.ts';
export { compactBySummary } from './middleware/compact-by-summary.ts';
export type { CompactionOptions } from './middleware/compaction.ts';
export type { GuardAllow, GuardOptions, GuardRefuse } from './middleware/guard.ts';
export { GuardError } from './middleware/guard.ts';
export type { SummarizeHistoryOptions } from './middleware/history-filters.ts';
export { lastMessages, summarizeHistory } from './middleware/history-filters.ts';
export type { GuardedInput, GuardReplaceInput, InputGuardOptions } from './middleware/input-guard.ts';
export { inputGuard } from './middleware/input-guard.ts';
export type {
  GuardedOutput,
  GuardReplaceOutput,
  GuardRetry,
  OutputGuardOptions,
  OutputGuardVerdict,
} from './middleware/output-guard.ts';
export { outputGuard } from './middleware/output-guard.ts';
export { selectTools } from './middleware/select-tools.ts';
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
export type { HistoryFilter, HistoryFilterScope, OutputValidator } from './perform/definition.ts';
export type {
  Middleware,
  MiddlewareScope,
  NextModelCall,
  NextModelCallOptions,
  ToolExecution,
  TurnPlan,
  ValidatedCall,
} from './perform/middleware.ts';
export type { TurnInstructions } from './perform/turn-rules.ts';
export type { ApprovalRule } from './tool/require-approval.ts';
export { requireApproval } from './tool/require-approval.ts';
export type { UpcomingTurn } from './tool/tool-context.ts';
export { filterTools, prefixTools, renameTools, withToolTimeout } from './tool/toolset.ts';
export type { ToolRetry } from './tool/with-tool-retry.ts';
export { withToolRetry } from './tool/with-tool-retry.ts';
