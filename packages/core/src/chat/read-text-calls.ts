import { CodeSpans } from './code-spans.ts';
import type { RequestTools } from './request-tools.ts';
import { FORMS, STARTING_FORMS } from './text-call-forms.ts';
import { canBeBareCalls, readBareCalls, type TextCall } from './text-call-json.ts';
import { OPENINGS } from './text-call-marks.ts';
import { TextScanner } from './text-scanner.ts';

/** A text and the calls that were removed from it. */
export interface TextWithCalls {
  readonly calls: readonly TextCall[];
  /** The rest of the text. */
  readonly text: string;
  /** The opening mark of each form that was found; `JSON` for the form without marks. */
  readonly forms: readonly string[];
}

export interface TextCallScope {
  readonly tools: RequestTools;
  /** Whether an earlier message has the text, so that the model quotes it. */
  readonly isQuoted: (text: string) => boolean;
}

/** Reads the calls that a model wrote into its text, outside of code. `undefined` if there are none. */
export function readTextCalls(text: string, scope: TextCallScope): TextWithCalls | undefined {
  return readStart(text, scope) ?? readMarked(text, scope);
}

/** Reads a text that consists only of calls without marks, or that begins like a message of gpt-oss. */
function readStart(text: string, { tools, isQuoted }: TextCallScope): TextWithCalls | undefined {
  const scanner = new TextScanner(text.trim());
  if (canBeBareCalls(scanner.text, tools)) {
    const calls = readBareCalls(scanner, tools);
    return calls === undefined || isQuoted(text) ? undefined : { calls, text: '', forms: ['JSON'] };
  }
  const form = STARTING_FORMS.find(({ opening }) => scanner.take(opening));
  const calls = form?.read(scanner, tools);
  if (form === undefined || calls === undefined || isQuoted(text)) return undefined;
  return { calls, text: scanner.text.slice(scanner.position), forms: [form.opening] };
}

function readMarked(text: string, { tools, isQuoted }: TextCallScope): TextWithCalls | undefined {
  const code = new CodeSpans(text);
  const calls: TextCall[] = [];
  const forms = new Set<string>();
  let kept = '';
  let keptTo = 0;
  const cut = new Set<string>();
  let failures = 0;
  const marks = new RegExp(MARKS);
  for (let mark = marks.exec(text); mark !== null && failures < MAX_FAILURES; mark = marks.exec(text)) {
    const form = FORMS.get(mark[0]);
    if (form === undefined) {
      marks.lastIndex = code.findEnd(mark.index) ?? marks.lastIndex;
      continue;
    }
    const scanner = new TextScanner(text, marks.lastIndex);
    const found = cut.has(form.opening) ? undefined : form.read(scanner, tools);
    if (found === undefined) {
      if (form.inner !== undefined) cut.add(form.inner);
      failures++;
      continue;
    }
    marks.lastIndex = scanner.position;
    if (isQuoted(text.slice(mark.index, scanner.position))) continue;
    calls.push(...found);
    forms.add(form.opening);
    kept += text.slice(keptTo, mark.index);
    keptTo = scanner.position;
  }
  if (calls.length === 0 || failures === MAX_FAILURES) return undefined;
  return { calls, text: kept + text.slice(keptTo), forms: [...forms] };
}

/** A text with this many marks that begin no call was not written to call a tool. */
const MAX_FAILURES = 32;

/** Opening marks, and marks that can begin code. */
const MARKS = new RegExp(`${OPENINGS.source}|\`+|~{3,}`, 'g');
