import { isDeeperThan } from '@pawl/core/model';
import type { RequestBody } from '../context.ts';
import { HttpProblem } from '../protocol/problem.ts';
import { getPeer } from './peer.ts';

/**
 * Reads a JSON body. A body that is too large is refused while it is read.
 *
 * @throws HttpProblem 400, 413, 415
 */
export async function readJsonBody(request: Request, maxBytes: number): Promise<RequestBody> {
  const type = request.headers.get('content-type') ?? '';
  // A form on another site can send text/plain. For JSON its browser asks this server first (CORS preflight).
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

async function readText(request: Request, maxBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw createTooLargeError(maxBytes);
  const body = getPeer(request)?.takeBody?.() ?? request.body;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let size = 0;
  try {
    for await (const piece of body ?? []) {
      size += piece.byteLength;
      if (size > maxBytes) throw createTooLargeError(maxBytes);
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  } catch (cause) {
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
