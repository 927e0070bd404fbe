import { HttpProblem } from '../protocol/problem.ts';

/** A body as text, and as JSON. */
export interface ReadBody {
  readonly text: string;
  readonly json: unknown;
}

/**
 * Reads a JSON body. A body that is too large is refused while it is read.
 *
 * @throws HttpProblem 400, 413, 415
 */
export async function readJsonBody(request: Request, maxBytes: number): Promise<ReadBody> {
  const type = request.headers.get('content-type') ?? '';
  // A form of another site can send text/plain, but not this type without being asked for leave.
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const shown = type === '' ? 'missing' : JSON.stringify(type.slice(0, 100));
    throw new HttpProblem(`Content-Type is ${shown}. Send JSON with "Content-Type: application/json".`, {
      status: 415,
    });
  }
  const text = await readText(request, maxBytes);
  if (isDeeperThan(text, MAX_DEPTH)) {
    throw new HttpProblem(`The body is nested deeper than ${MAX_DEPTH} levels.`, { status: 400, code: 'invalid_json' });
  }
  try {
    return { text, json: JSON.parse(text) };
  } catch (cause) {
    throw new HttpProblem('The body is not JSON.', { status: 400, code: 'invalid_json', cause });
  }
}

/** Deeper bodies would exhaust the stack of what reads them. */
const MAX_DEPTH = 200;

async function readText({ headers, body }: Request, maxBytes: number): Promise<string> {
  const announced = Number(headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw createTooLargeError(maxBytes);
  if (body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = body.getReader();
  let text = '';
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.byteLength;
      if (size > maxBytes) throw createTooLargeError(maxBytes);
      text += decoder.decode(next.value, { stream: true });
    }
    return text + decoder.decode();
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    if (HttpProblem.isInstance(cause)) throw cause;
    throw new HttpProblem('The body cannot be read: it ended early, or is not UTF-8.', {
      status: 400,
      code: 'invalid_json',
      cause,
    });
  }
}

function createTooLargeError(maxBytes: number): HttpProblem {
  return new HttpProblem(`The body is larger than ${maxBytes} bytes.`, {
    status: 413,
    code: 'body.too_large',
    headers: { connection: 'close' },
  });
}

function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH && isString) at++;
    else if (code === QUOTE) isString = !isString;
    else if (isString) continue;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
