import {
  AbortRun,
  contentParts,
  type JsonObject,
  RefuseRun,
  type RunEvent,
  type Tool,
  type ToolContext,
  ToolError,
} from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import {
  foldStateChange,
  type ToolFailedEvent,
  type ToolFinishedEvent,
  type ToolSkippedEvent,
} from '@pawl/core/events';
import { serializeSorted } from '../base/json.ts';

/**
 * Makes tools answer from the events of a recorded run: the tools themselves never run.
 *
 * - A call gets the result of the recorded call with the same tool and equal arguments, whatever its turn. If there are several, each
 *   answers once, in their order; the last one answers every further call.
 * - A recorded failure or denial is an error with the text that the model read. A tool that ended the run ends it again.
 * - A call that was not recorded is refused: the model reads that nothing ran.
 * - No call needs an approval or waits for a result from outside. An agent as a tool is answered as a whole.
 *
 * `agent.with({ tools: ({ tools }) => withRecordedTools(tools, events) })` replaces those of all agents that the agent may hand over to, too.
 *
 * @param events - in their order, such as `await Array.fromAsync(run)`
 */
export function withRecordedTools<T extends Tool<never>>(
  tools: readonly T[],
  events: Iterable<RunEvent>,
): readonly T[] {
  const results = readResults(events);
  return tools.map((tool) => {
    const { delegate: _, parseExternalResult: __, preview: ___, ...kept } = tool;
    const calls = new RecordedCalls(tool, results.get(tool.name) ?? []);
    const execute = async (input: Json, context: ToolContext): Promise<unknown> => {
      const result = await calls.take(input);
      if (result?.type === 'tool.finished') await repeatChange(result, context);
      return answerCall(result, tool.name);
    };
    // A call that a crash interrupted had no effect: it is answered again.
    const recorded = { ...kept, needsApproval: false, hasExternalResult: false, execute, onUnknownOutcome: execute };
    return Object.freeze(recorded) as unknown as T; // Its input and output are the same.
  });
}

type RecordedResult = ToolFinishedEvent | ToolFailedEvent | ToolSkippedEvent;
type ResultOfRun = Extract<RunEvent, RecordedResult>;

/** Reads the results of a run's calls, by tool. */
function readResults(events: Iterable<RunEvent>): ReadonlyMap<string, readonly ResultOfRun[]> {
  const results = new Map<string, ResultOfRun[]>();
  const seen = new Set<string>();
  for (const event of events) {
    if (event.type !== 'tool.finished' && event.type !== 'tool.failed' && event.type !== 'tool.skipped') continue;
    // A resumed run emits its journal events again.
    const place = JSON.stringify([event.runId, event.path, event.turn, event.index]);
    if (seen.has(place)) continue;
    seen.add(place);
    results.set(event.toolName, [...(results.get(event.toolName) ?? []), event]);
  }
  return results;
}

/** The recorded calls of a tool, by their arguments as `execute` gets them: with defaults, and after repairs. */
class RecordedCalls {
  readonly #tool: Tool<never>;
  readonly #results: readonly ResultOfRun[];
  #byInput: Promise<ReadonlyMap<string, ResultOfRun[]>> | undefined;

  constructor(tool: Tool<never>, results: readonly ResultOfRun[]) {
    this.#tool = tool;
    this.#results = results;
  }

  async take(input: Json): Promise<ResultOfRun | undefined> {
    this.#byInput ??= this.#index();
    const found = (await this.#byInput).get(serializeSorted(input)) ?? [];
    return found.length > 1 ? found.shift() : found[0];
  }

  async #index(): Promise<ReadonlyMap<string, ResultOfRun[]>> {
    const byInput = new Map<string, ResultOfRun[]>();
    for (const result of this.#results) {
      const { input } = result;
      if (input === undefined) continue; // The arguments were no JSON.
      const validated = await this.#tool.validate(input);
      const key = serializeSorted(validated.ok ? (validated.value as Json) : input); // Compared as JSON.
      byInput.set(key, [...(byInput.get(key) ?? []), result]);
    }
    return byInput;
  }
}

/** Changes the state of the run as the recorded call did. */
async function repeatChange({ stateChange }: ToolFinishedEvent, { state }: ToolContext): Promise<void> {
  if (stateChange === undefined) return;
  const { operations } = stateChange;
  await state.update((current: JsonObject) => {
    const before = { value: current, version: 0, changedAt: {} };
    const { value } = foldStateChange(before, { base: 0, operations }).state;
    return Object.fromEntries(operations.map(({ field }) => [field, value[field]]));
  });
}

function answerCall(result: ResultOfRun | undefined, name: string): unknown {
  if (result === undefined) {
    throw new ToolError(
      `The recorded run has no call of "${name}" with these arguments. Nothing was done: only recorded results are repeated.`,
    );
  }
  if (result.type === 'tool.failed' && result.reason === 'refused') throw new RefuseRun(result.error.message);
  if (result.type === 'tool.failed' && result.reason === 'aborted') throw new AbortRun(result.error.message);
  if (result.type !== 'tool.finished') throw new ToolError(result.content);
  const { parts, content, fullContent = content } = result;
  return parts === undefined ? result.output : contentParts([{ type: 'text', text: fullContent }, ...parts]);
}
