import { ProtocolError } from './errors.ts';

/** Writes a received value as JSON. @throws ProtocolError if it is nested too deeply. */
export function stringifyWire(value: unknown): string {
  return stringifyOrThrow(() => JSON.stringify(value));
}

/** Writes a received value as JSON and keeps a number that a double cannot hold. JSON.stringify would write `null`, which looks valid. */
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
