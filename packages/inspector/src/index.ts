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
export type { Inspector } from './inspector.ts';
export type { InspectOptions, InspectorOptions } from './options.ts';
export { formatCurl, type LoggedRequest } from './shared/format-curl.ts';
