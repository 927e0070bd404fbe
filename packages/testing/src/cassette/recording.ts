import type { ChatResponse, Json } from '@pawl/core/chat';

/** One exchange, as a line of a cassette. */
export type Recording = WireRecording | TurnRecording;

/** What went over the wire. */
export interface WireRecording {
  readonly type: 'wire';
  readonly request: RecordedCall;
  readonly response: RecordedResponse;
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the connection cut the body, it is cut here. */
  readonly chunks: readonly RecordedChunk[];
  /** How the body ended, where not as it should. */
  readonly brokenOff?: string;
}

export interface RecordedCall {
  readonly method: string;
  /** Without the host, so that a cassette is played whatever server is named. */
  readonly path: string;
  readonly body: Json;
}

/** Text; bytes where they are no text by themselves, since a character was cut. */
export type RecordedChunk = string | { readonly base64: string };

/** What a logged run's model replied; given to the next request, whatever it asks. */
export interface TurnRecording {
  readonly type: 'turn';
  readonly turn: number;
  readonly reply: ChatResponse;
}

export function chunkOf(bytes: Uint8Array): RecordedChunk {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

export function bytesOf(chunk: RecordedChunk): Uint8Array {
  return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : Buffer.from(chunk.base64, 'base64');
}
