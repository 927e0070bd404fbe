import type { ChatResponse, Json } from '@pawl/core/chat';

/** One exchange, as a line of a cassette. */
export type CassetteEntry = WireEntry | TurnEntry;

/** What went over the wire. */
export interface WireEntry {
  readonly type: 'wire';
  readonly request: CassetteRequest;
  readonly response: CassetteResponse;
}

export interface CassetteResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the connection cut the body, it is cut here. */
  readonly chunks: readonly CassetteChunk[];
  /** How the body ended, where not as it should. */
  readonly connectionError?: string;
}

export interface CassetteRequest {
  readonly method: string;
  /** Without the host, so that a cassette is played whatever server is named. */
  readonly path: string;
  readonly body: Json;
}

/** Text; bytes where they are no text by themselves, since a character was cut. */
export type CassetteChunk = string | { readonly base64: string };

/** What a logged run's model replied; given to the next request, whatever it asks. */
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
