import type { IncomingHttpHeaders } from 'node:http';
import type { ChatRequest } from '@pawl/core/chat';

/** A request for a completion, as it came; also one that was refused. */
export interface RecordedRequest {
  /** Path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: ChatRequest;
  /** The body as it came. */
  readonly text: string;
  /** The client's end of the connection: the same for requests over one connection. */
  readonly port: number | undefined;
}
