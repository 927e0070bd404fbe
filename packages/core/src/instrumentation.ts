/** For those who trace runs: the port that `instrumentation` of agents and runs takes, and what it is given. */

export { instrumentMcpCall } from './perform/instrument-mcp-call.ts';
export type {
  AttemptSpan,
  Instrumentation,
  InstrumentedAgent,
  McpCall,
  McpCallSpan,
  ModelCallResult,
  ModelCallSpan,
  RunResult,
  RunSpan,
  ToolCallResult,
  ToolCallSpan,
} from './perform/instrumentation.ts';
