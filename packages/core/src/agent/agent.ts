import type { Tool } from '../tool/tool.ts';
import type {
  AgentOptions,
  Input,
  ResumeOptions,
  RunOptions,
  WithContext,
  WithNeededContext,
} from './agent-options.ts';
import { type AsToolOptions, agentTool } from './as-tool.ts';
import type { Blueprint, HandOff } from './blueprint.ts';
import { readAgentOptions } from './check-options.ts';
import { define } from './define.ts';
import { type HandOffOptions, handOffOf } from './handoff.ts';
import { launch } from './launch.ts';
import type { Run } from './run.ts';

/**
 * A reusable definition of who answers: model, instructions, tools, limits. Immutable, and without the state of any run.
 *
 * @throws ConfigError where the definition can't work: an unknown option, a tool's name twice, a limit that is no number …
 */
export class Agent<Context = unknown, Output = string> {
  readonly name: string;
  readonly #options: AgentOptions<Context, Output>;
  readonly #blueprint: Blueprint;

  constructor(options: AgentOptions<Context, Output>) {
    this.#options = readAgentOptions(options);
    this.#blueprint = define(this.#options);
    this.name = this.#blueprint.name;
  }

  /**
   * Starts a run. History goes on by passing an outcome's `messages` and the next user message.
   *
   * @throws ConfigError for unknown options, messages that no history can have, `n` greater than 1, or limits that can't hold.
   */
  run(input: Input, ...[options]: WithContext<RunOptions, Context>): Run<Output> {
    return launch<Output>(this.#blueprint, { type: 'start', input, options: options === undefined ? {} : options });
  }

  /**
   * Goes on with a run by its id: one that was suspended, or that a crash left unfinished. The outcome of an ended run
   * is given again; one that somebody works on already is looked at: its facts are told as they are remembered, and an abort
   * ends it there. Rejects with a `DurableError`: `run.unknown`, `run.agent`, `run.version`, `run.changed`.
   */
  resume(runId: string, ...[options]: WithNeededContext<ResumeOptions, Context>): Run<Output> {
    return launch<Output>(this.#blueprint, { type: 'resume', runId, options });
  }

  /**
   * The same agent but for these options, which replace its own: with the model of a test, under other limits. Agents that it hands over
   * to, or has as tools, stay what they are.
   *
   * @throws ConfigError as the constructor does.
   */
  with(changes: Partial<AgentOptions<Context, Output>>): Agent<Context, Output> {
    return new Agent({ ...this.#options, ...readAgentOptions(changes, this.name) });
  }

  /**
   * This agent as a tool of another. Each call is a run inside the run: it shares host, purse, signal, context and events, which
   * carry its path; its conversation is its own. What ends otherwise than completed is told to the calling model as such.
   */
  asTool<Input = { readonly prompt: string }>(options: AsToolOptions<Input, Context>): Tool<Context> {
    return agentTool(this.#blueprint, options);
  }

  /**
   * This agent as one that another may hand the conversation over to, with options: what it sees of it, when, who has to agree. Without
   * any, pass the agent itself: `handoffs: [billing]`.
   */
  asHandoff(options: HandOffOptions<Context> = {}): HandOff<Context, Output> {
    return handOffOf(this.#blueprint, options);
  }
}
