import { CodeSpans } from './code-spans.ts';
import type { RequestTools } from './request-tools.ts';
import { FORMS, STARTING_FORMS } from './text-call-forms.ts';
import { canBeBareCalls, readBareCalls, type TextCall } from './text-call-json.ts';
import { OPENINGS } from './text-call-marks.ts';
import { TextScanner } from './text-scanner.ts';

/** A text from which calls were taken out. */
export interface TextWithCalls {
  readonly calls: readonly TextCall[];
  /** What is left of the text. */
  readonly text: string;
  /** The opening mark of each form that was found; `JSON` for one without marks. */
  readonly forms: readonly string[];
}

export interface TextCallScope {
  readonly tools: RequestTools;
  /** Whether a text stands in an earlier message: then the model quotes it. */
  readonly isQuoted: (text: string) => boolean;
}

/** Reads the calls that a model wrote into its text, outside of code. `undefined` if there is none. */
export function readTextCalls(text: string, reading: TextCallScope): TextWithCalls | undefined {
  return readStart(text, reading) ?? readMarked(text, reading);
}

/** A text that is nothing but calls, without any mark, or one that begins like a message of gpt-oss. */
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

/** So many marks without a call behind them: what follows is no text that a model wrote to call a tool. */
const MAX_FAILURES = 32;

/** Opening marks, and what may begin code. */
const MARKS = new RegExp(`${OPENINGS.source}|\`+|~{3,}`, 'g');
