export type {
  AgentList,
  AgentSummary,
  AgentView,
  ApiError,
  BudgetView,
  Bytes,
  LimitView,
  MiddlewareView,
  Replay,
  ReplayList,
  ReplayRequest,
  SavedTest,
  Session,
  SessionRequest,
  ToolView,
  WireExchangeView,
  WirePieceView,
  WireSummary,
  WireView,
} from './api.ts';
export { inspect } from './inspect.ts';
export { inspectDump } from './inspect-dump.ts';
export { inspectUrl } from './inspect-url.ts';
export type { Inspector } from './inspector.ts';
export type { InspectOptions, InspectorOptions, InspectUrlOptions } from './options.ts';
export { formatCurl, type LoggedRequest } from './shared/format-curl.ts';
