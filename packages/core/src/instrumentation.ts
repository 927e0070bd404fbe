/** For those who trace runs: the port that `instrumentation` of agents and runs takes, and what it is given. */

export type {
  AttemptSpan,
  Instrumentation,
  InstrumentedAgent,
  ModelCallResult,
  ModelCallSpan,
  RunResult,
  RunSpan,
  ToolCallResult,
  ToolCallSpan,
} from './perform/instrumentation.ts';
