import { getErrorMessage } from './error-data.ts';

/**
 * Returns the text about an error that the model reads: the error's message. For a mistake in the code it is a fixed text, because the
 * engine's message (`Cannot read properties of undefined`) names variables of the code, and the model cannot fix it.
 */
export function describeForModel(error: unknown): string {
  if (isCodeMistake(error)) return MISTAKE;
  const message = getErrorMessage(error);
  // The message of an error can quote its cause.
  const cause = listCauses(error).find(isCodeMistake);
  return cause === undefined ? message : message.replaceAll(getErrorMessage(cause), INSIDE);
}

const MISTAKE = 'There is a mistake in the code here. Another call would fail in the same way.';
const INSIDE = 'there is a mistake in its code';

/** Whether the engine threw the error because of a mistake in the code. */
export function isCodeMistake(error: unknown): error is Error {
  const { name, message } = readErrorFields(error);
  if (name === 'ReferenceError') return true;
  if (name === 'RangeError')
    return message === 'Maximum call stack size exceeded.' || message === 'Maximum call stack size exceeded';
  return (
    name === 'TypeError' && typeof message === 'string' && ENGINE_MESSAGES.some((pattern) => pattern.test(message))
  );
}

/** Messages of V8 and JavaScriptCore. A `TypeError` with another message was thrown on purpose, or by the platform about a value. */
const ENGINE_MESSAGES: readonly RegExp[] = [
  /^Cannot (read|set) propert(y|ies) /,
  /^Cannot destructure /,
  /^Cannot convert (undefined|null|a |an |object)/,
  /^Cannot mix BigInt /,
  /^Cannot (assign to|redefine|delete|define|add) (read only )?property/,
  /^Cannot (read|write) private /,
  /^Cannot use 'in' operator /,
  / is not (a function|iterable|a constructor|callable)\b/,
  / is not an object \(evaluating /,
  /^(undefined|null) is not an object/,
  /^Assignment to constant variable/,
  /^Attempted to assign to readonly property/,
  /^Class constructor .* cannot be invoked without 'new'/,
  /^Right(-hand)? side of /,
  /^Converting circular structure to JSON/,
  /^Do not know how to serialize a BigInt/,
  /^JSON\.stringify cannot serialize /,
  /^Reduce of empty array /,
];

function listCauses(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (
    let { cause } = readErrorFields(error);
    cause !== undefined && !causes.includes(cause);
    { cause } = readErrorFields(cause)
  ) {
    causes.push(cause);
  }
  return causes;
}

/** Returns `{}` if reading the thrown value throws. */
function readErrorFields(error: unknown): Partial<Error> {
  try {
    if (!(error instanceof Error)) return {};
    const { name, message, cause } = error;
    return { name, message, cause };
  } catch {
    return {};
  }
}
