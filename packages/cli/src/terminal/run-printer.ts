import type { RunEvent } from '@pawl/core';
import type { ShownOutcome } from '../run-row.ts';
import { formatLine } from './format-line.ts';
import type { Output } from './output.ts';
import { ControlFilter, stripControls, toSafeJson } from './strip-controls.ts';

export type OutputForm = 'text' | 'json' | 'jsonl';

export interface RunPrinterOptions {
  readonly form: OutputForm;
  /** Whether text may be withdrawn by a guard until its turn is complete. */
  readonly hasTextGuard: boolean;
}

/** Shows a run while it works: its text on stdout, everything else on stderr. */
export class RunPrinter {
  readonly #output: Output;
  readonly #form: OutputForm;
  readonly #hasTextGuard: boolean;
  #filter = new ControlFilter();
  /** The text of the attempt that is shown. */
  #shown = '';
  /** The text of the last complete turn that is on the terminal. */
  #complete: string | undefined;

  constructor(output: Output, { form, hasTextGuard }: RunPrinterOptions) {
    this.#output = output;
    this.#form = form;
    this.#hasTextGuard = hasTextGuard;
  }

  /** Shows an event. Resolves when stdout takes more. */
  async print(event: RunEvent): Promise<void> {
    if (this.#form === 'jsonl') return this.#output.writeJson(event);
    if (this.#form === 'json' || event.replayed === true) return;
    if (this.#output.isTerminal && event.path === '') await this.#stream(event);
    const line = formatLine(event);
    if (line !== undefined) this.#output.note(line, STYLES[event.type] ?? 'dim');
  }

  async #stream(event: RunEvent): Promise<void> {
    switch (event.type) {
      case 'attempt.started':
        this.#filter = new ControlFilter();
        this.#shown = '';
        return;
      case 'text.delta':
        if (this.#hasTextGuard) return;
        this.#shown += event.delta;
        return this.#output.write(this.#filter.push(event.delta));
      case 'attempt.discarded':
        if (this.#shown === '') return;
        this.#shown = '';
        await this.#output.endLine();
        this.#output.note('   ! The text above is discarded: the model responds again.', 'yellow');
        return;
      case 'model.responded': {
        const { content } = event.message ?? {};
        if (event.rejection !== undefined || typeof content !== 'string' || content === '') return;
        if (this.#shown !== content) {
          await this.#output.endLine();
          await this.#output.write(stripControls(content));
        }
        this.#complete = content;
        await this.#output.endLine();
      }
    }
  }

  /** Shows how the run ended. */
  async finish(outcome: ShownOutcome): Promise<void> {
    if (this.#form === 'jsonl') return;
    if (this.#form === 'json') return this.#output.writeJson(outcome);
    await this.#output.endLine();
    const answer = formatAnswer(outcome);
    if (answer !== undefined && answer !== '' && !(this.#output.isTerminal && this.#complete === answer)) {
      await this.#output.write(`${stripControls(answer).replace(/\n$/, '')}\n`);
    }
    this.#output.noteWhole(formatEnd(outcome), outcome.status === 'completed' ? 'dim' : 'yellow');
  }
}

const STYLES: Partial<Record<RunEvent['type'], 'red' | 'yellow' | 'cyan'>> = {
  'attempt.failed': 'yellow',
  'model.failed': 'red',
  'tool.failed': 'red',
  'limit.approaching': 'yellow',
  'limit.exceeded': 'yellow',
  'approval.requested': 'cyan',
  'approval.expired': 'yellow',
};

/** Returns the text of stdout: of a structured output its JSON. */
export function formatAnswer(outcome: ShownOutcome): string | undefined {
  switch (outcome.status) {
    case 'completed':
      return typeof outcome.output === 'string' ? outcome.output : formatOutput(outcome.output, outcome.text);
    case 'limited':
      if (outcome.output === undefined || typeof outcome.output === 'string') return outcome.output ?? outcome.text;
      return formatOutput(outcome.output, outcome.text ?? '');
    case 'truncated':
    case 'filtered':
      return outcome.text;
    case 'refused':
      return outcome.refusal;
    case 'suspended':
    case 'aborted':
    case 'failed':
      return undefined;
  }
}

/** The model's own text, if it is the output as JSON. */
function formatOutput(output: unknown, text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return toSafeJson(output);
  }
}

/** Says how a run ended and what it used, and in a second line why it did not complete. */
export function formatEnd(outcome: ShownOutcome): string {
  const { status, runId, turnCount, toolCallCount, usage, durationMs } = outcome;
  const cost = usage.cost > 0 ? `, $${usage.cost.toFixed(usage.cost < 0.01 ? 5 : 2)}` : '';
  const calls = toolCallCount === 0 ? '' : `, ${count(toolCallCount, 'tool call')}`;
  const used = `${count(turnCount, 'turn')}${calls}, ${usage.totalTokens} tokens${cost}, ${Math.round(durationMs)} ms`;
  const detail = findDetail(outcome);
  return `── ${status} · run ${runId} · ${used}${detail === undefined ? '' : `\n   ${detail}`}`;
}

/** Says in one line how a run ended, and why. */
export function formatReason(outcome: ShownOutcome): string {
  const detail = findDetail(outcome);
  return detail === undefined ? outcome.status : `${outcome.status}: ${detail}`;
}

function findDetail(outcome: ShownOutcome): string | undefined {
  switch (outcome.status) {
    case 'completed':
      return undefined;
    case 'suspended':
      return `${count(outcome.pending.length, 'call')} waiting`;
    case 'limited':
      return `limits.${outcome.limit}: ${outcome.spent} of ${outcome.max}`;
    case 'truncated':
      return 'the response reached the token limit of the server';
    case 'filtered':
      return "the server's content filter stopped the response";
    case 'refused':
      return outcome.guard === undefined ? undefined : `by ${outcome.guard}`;
    case 'aborted':
      return outcome.reason;
    case 'failed':
      return outcome.error.message;
  }
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
