import type { RunEvent } from '@pawl/core';

/** A step of two runs. */
export interface ComparedStep {
  readonly step: string;
  /** What it did in each run; `undefined` in a run that does not have it. */
  readonly one: string | undefined;
  readonly other: string | undefined;
  readonly isEqual: boolean;
}

/** Compares two runs step by step: those of the first in their order, then those that only the other has. */
export function compareRuns(one: readonly RunEvent[], other: readonly RunEvent[]): readonly ComparedStep[] {
  const [first, second] = [describeSteps(one), describeSteps(other)];
  return [...new Set([...first.keys(), ...second.keys()])].map((step) => {
    const [text, otherText] = [first.get(step), second.get(step)];
    return { step, one: text, other: otherText, isEqual: text === otherText };
  });
}

function describeSteps(events: readonly RunEvent[]): ReadonlyMap<string, string> {
  const steps = new Map<string, string>();
  for (const event of events) {
    const text = describeEvent(event);
    // A step may record several events.
    if (event.step !== undefined && text !== undefined)
      steps.set(event.step, [steps.get(event.step), text].filter(Boolean).join(' '));
  }
  return steps;
}

function describeEvent(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run.started':
      return JSON.stringify(event.messages.map(({ content }) => content));
    case 'model.responded': {
      const calls = (event.message.tool_calls ?? []).map((call) =>
        call.type === 'custom'
          ? `${call.custom.name}(${call.custom.input})`
          : `${call.function.name}(${call.function.arguments})`,
      );
      const { content } = event.message;
      return [typeof content === 'string' ? content : '', ...calls].filter(Boolean).join(' ');
    }
    case 'model.failed':
      return event.error.message;
    case 'tool.finished':
    case 'tool.failed':
    case 'tool.skipped':
      return `${event.toolName}: ${event.content}`;
    case 'approval.answered':
      return event.answer.type;
    case 'handoff.completed':
      return `to ${event.to}`;
    case 'output.checked':
      return JSON.stringify(event.result);
    case 'step.finished':
    case 'step.failed':
      return JSON.stringify(('value' in event ? event.value : undefined) ?? event.type);
  }
  return undefined;
}

/** Lists the steps that a run can be forked before, in the order in which they were recorded. */
export function listSteps(events: readonly RunEvent[]): readonly string[] {
  return [...new Set(events.flatMap(({ step }) => (step === undefined ? [] : [step])))];
}
