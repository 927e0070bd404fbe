import type { Clock } from '../base/clock.ts';
import type { ChatSettings } from '../chat/request.ts';
import type { DefinitionRecord } from '../event/fact.ts';
import type { Listeners } from '../event/observers.ts';
import type { Limits } from '../limits/limits.ts';
import type { StopRule } from '../loop/stop.ts';
import type { Definition, View } from '../perform/definition.ts';
import type { Tool } from '../tool/tool.ts';
import type { Instructions } from './resolve-instructions.ts';

/** Everything about an agent that is the same for all of its runs. */
export interface Blueprint {
  readonly name: string;
  readonly description: string | undefined;
  /** Made when it is first asked for, where the agents are given by a function that it hands over to. */
  readonly definition: Definition;
  readonly handoffs: () => readonly HandOff[];
  readonly instructions: Instructions;
  readonly settings: ChatSettings;
  readonly limits: Limits;
  readonly stopRules: readonly StopRule[];
  readonly outputCorrections: number;
  readonly parallelToolCalls: number;
  readonly listeners: Listeners | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** Made when it is first asked for. */
  readonly digest: () => DefinitionRecord;
}

/** An agent that another one may hand the conversation over to. Made by `agent.asHandoff`. */
export interface HandOff<in Context = never, out Output = unknown> {
  readonly agent: string;
  /** What the model calls to hand over. */
  readonly tool: Tool<Context>;
  readonly sees: View | undefined;
  readonly blueprint: Blueprint;
  /** What the agent ends with. Never there: for the types only. */
  readonly output?: Output;
}
