import { ProtocolError } from './errors.ts';

/** The JSON of what a server sent. @throws ProtocolError where that is nested deeper than it can be written. */
export function stringifyWire(value: unknown): string {
  return stringifyOrThrow(() => JSON.stringify(value));
}

/** The same, and a number that a double cannot hold stays one: JSON.stringify makes it `null`, which would pass as a value. */
export function stringifyWithOverflow(value: unknown): string {
  const json = stringifyOrThrow(() =>
    JSON.stringify(value, (_key, field: unknown) =>
      field === Infinity ? MARK : field === -Infinity ? `-${MARK}` : field,
    ),
  );
  return json.replace(MARKED, '$11e999');
}

const MARK = 'pawl:overflow';
const MARKED = new RegExp(`"(-?)${MARK}"`, 'g');

function stringifyOrThrow(write: () => string | undefined): string {
  try {
    return write() ?? '';
  } catch (cause) {
    const message =
      "The server's response has a value that cannot be written as JSON, such as one that is nested too deeply.";
    throw new ProtocolError(message, { code: 'response.garbage', cause });
  }
}
