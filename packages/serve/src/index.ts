export { type Authorize, bearer } from './access/bearer.ts';
export type { Caps } from './access/gate.ts';
export type { Principal } from './access/principal.ts';
export type {
  AgentWithContext,
  AnswerQuestion,
  ContextSource,
  Face,
  RequestReport,
  ServeOptions,
} from './options.ts';
export type { RecordDetails, RunDetails, RunOrigin, RunState } from './protocol/runs/describe-run.ts';
export { type Server, serve } from './serve.ts';
