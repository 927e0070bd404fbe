import { ProtocolError } from './errors.ts';

/** The JSON of what a server sent. @throws ProtocolError where that is nested deeper than it can be written. */
export function wireJson(value: unknown): string {
  return written(() => JSON.stringify(value));
}

/** The same, and a number that a double cannot hold stays one: JSON.stringify makes it `null`, which would pass as a value. */
export function overflowJson(value: unknown): string {
  const json = written(() =>
    JSON.stringify(value, (_key, field: unknown) =>
      field === Infinity ? MARK : field === -Infinity ? `-${MARK}` : field,
    ),
  );
  return json.replace(MARKED, '$11e999');
}

const MARK = 'pawl:overflow';
const MARKED = new RegExp(`"(-?)${MARK}"`, 'g');

function written(write: () => string | undefined): string {
  try {
    return write() ?? '';
  } catch (cause) {
    const message = "The server's reply holds a value that can't be written as JSON, such as one nested too deeply.";
    throw new ProtocolError(message, { code: 'response.garbage', cause });
  }
}
