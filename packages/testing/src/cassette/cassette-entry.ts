import type { ChatResponse, Json } from '@pawl/core/chat';

/** One exchange: a line of a cassette. */
export type CassetteEntry = WireEntry | TurnEntry;

/** An HTTP exchange. */
export interface WireEntry {
  readonly type: 'wire';
  readonly request: CassetteRequest;
  readonly response: CassetteResponse;
}

export interface CassetteResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Split where the connection split the body. */
  readonly chunks: readonly CassetteChunk[];
  /** The message of the error that ended the body early. */
  readonly connectionError?: string;
}

export interface CassetteRequest {
  readonly method: string;
  /** Without the hostname: a cassette replays for any server. */
  readonly path: string;
  readonly body: Json;
}

/** Text, or bytes if a split inside a character makes the chunk invalid UTF-8. */
export type CassetteChunk = string | { readonly base64: string };

/** A model response of a logged run. Replays for the next request, whatever its content. */
export interface TurnEntry {
  readonly type: 'turn';
  readonly turn: number;
  readonly response: ChatResponse;
}

export function encodeChunk(bytes: Uint8Array): CassetteChunk {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

export function decodeChunk(chunk: CassetteChunk): Uint8Array {
  return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : Buffer.from(chunk.base64, 'base64');
}
