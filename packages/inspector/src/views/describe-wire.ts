import { readBody, type WireExchange } from '@pawl/core/wire-log';
import type { WireExchangeView, WireSummary, WireView } from '../api.ts';
import { formatCurl } from '../shared/format-curl.ts';
import { describeBytes, describePieces } from './describe-bytes.ts';

export function describeWire(exchanges: readonly WireExchange[]): WireView {
  const [first] = exchanges;
  return {
    data: exchanges.map((exchange) => summarize(exchange, exchanges)),
    isTrimmed: first !== undefined && first.id > 1,
  };
}

/** Returns `undefined` if the log does not have the exchange. */
export function describeExchange(id: number, exchanges: readonly WireExchange[]): WireExchangeView | undefined {
  const exchange = exchanges.find((each) => each.id === id);
  if (exchange === undefined) return undefined;
  const { method, url, headers, response } = exchange;
  const bytes = readBody(exchange, exchanges);
  const body = bytes === undefined ? null : describeBytes(bytes);
  return {
    ...summarize(exchange, exchanges),
    method,
    headers,
    body,
    response: {
      ...(response.at !== undefined && { at: response.at }),
      ...(response.headers !== undefined && { headers: response.headers }),
      pieces: describePieces(response.pieces),
      omittedBytes: response.omittedBytes,
    },
    curl: body !== null && 'text' in body ? formatCurl({ url, headers, body: body.text }) : null,
  };
}

function summarize(exchange: WireExchange, exchanges: readonly WireExchange[]): WireSummary {
  const { id, path, turn, attempt, at, url, body, response } = exchange;
  const previous = exchanges.findLast((each) => each.id < id && each.path === path);
  return {
    id,
    path,
    turn,
    attempt,
    at,
    url,
    bodyBytes: body === undefined ? null : body.length + body.suffix.length,
    previous: previous?.id ?? null,
    sharedBytes: previous === undefined ? null : measureShared(exchange, { previous, exchanges }),
    ...(response.status !== undefined && { status: response.status }),
    ...(response.endedAt !== undefined && { endedAt: response.endedAt }),
    responseBytes: response.pieces.reduce((sum, { bytes }) => sum + bytes.length, response.omittedBytes),
    ...(response.error !== undefined && { error: response.error }),
  };
}

function measureShared(
  exchange: WireExchange,
  { previous, exchanges }: { readonly previous: WireExchange; readonly exchanges: readonly WireExchange[] },
): number | null {
  // The log keeps what follows the longest common beginning.
  if (exchange.body?.prefixOf === previous.id) return exchange.body.length;
  const [body, before] = [readBody(exchange, exchanges), readBody(previous, exchanges)];
  if (body === undefined || before === undefined) return null;
  const different = body.findIndex((byte, index) => byte !== before[index]);
  return different === -1 ? body.length : different;
}
