/** Runs whose head is code: agents, tools and plain code under one budget, one trace and one durable run. */

export { CallError } from './flow/errors.ts';
export { type Flow, flow } from './flow/flow.ts';
export type {
  AskOptions,
  AskQuestion,
  CallTool,
  FlowEnqueueOptions,
  FlowLimits,
  FlowOptions,
  FlowResumeOptions,
  FlowRunOptions,
  FlowScope,
  FlowToolOptions,
  PlainStepOptions,
  RememberStep,
} from './flow/flow-options.ts';
export type { ChildRunOptions, RunChild, Runnable } from './tool/runnable.ts';
