import type { IncomingHttpHeaders } from 'node:http';
import type { ChatRequest } from '@pawl/core/chat';

/** A request for a completion, including refused ones. */
export interface RecordedRequest {
  /** Path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: ChatRequest;
  /** The body as received. */
  readonly text: string;
  /** The client's port: the same for all requests of one connection. */
  readonly port: number | undefined;
}
