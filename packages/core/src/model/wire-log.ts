import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { ErrorData } from '../event/error-data.ts';

/**
 * Gets the exact bytes of model requests and their responses. `openai()` calls it; a model of your own may, by `context.wireLog`.
 *
 * Contract:
 * - The methods are called synchronously while a request is made: keep what you got and return. Do slow work later.
 * - An error or a rejected promise is reported as `listener.failed` and does not affect the request.
 * - The bytes do not change, but may be a part of a larger buffer: copy what you keep.
 */
export interface WireLog {
  /** Called when a request is passed to the transport, before it connects. */
  sent(request: WireRequest): void;
  /** Called for each piece of a response. The last one of a request has `end` or `error`. */
  received(piece: WirePiece): void;
}

/** A wire log that can be read. */
export interface ReadableWireLog extends WireLog {
  /** Returns the exchanges of a run, in the order in which their requests were sent. An empty list if it has none. */
  read(runId: string): Promise<readonly WireExchange[]>;
  /** Deletes the exchanges of a run, also if it is at work. Does nothing if there are none. */
  deleteRun(runId: string): Promise<void>;
}

/** The attempt that bytes belong to. The events of the attempt have the same fields. */
export interface WirePosition {
  /** `''` outside a run. */
  readonly runId: string;
  /** The position in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** Counted from 1; 0 outside a run. */
  readonly turn: number;
  /** Counted from 1 within the turn, over all models. A resumed run may repeat the numbers of an attempt that a crash interrupted. */
  readonly attempt: number;
}

/** A request without secrets. */
export interface WireRequest extends WirePosition {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: 'POST';
  /** Secrets in the path and the query are `[redacted]`. */
  readonly url: string;
  /** Names in lower case. Keys, cookies and everything that the model's option `headers` sets are `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as sent. Each byte of a key of the model is `*`. */
  readonly body: Uint8Array;
}

/** A piece of a response: first the status with the headers, then the bytes as they arrive, then the end or the error. */
export interface WirePiece extends WirePosition {
  /** The object that `sent` got: an attempt may make several requests. */
  readonly request: WireRequest;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly status?: number;
  /** Names in lower case. Cookies are `[redacted]`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A part of the body as the reader gets it: without `content-encoding`. Each byte of a key of the model is `*`. */
  readonly bytes?: Uint8Array;
  /** The response is complete. What a server sends after the end of its stream is not read. */
  readonly end?: true;
  /** Why nothing more is read of a response that is not complete, or why there is none. */
  readonly error?: ErrorData;
}

/** A request and its response, as a wire log keeps them. */
export interface WireExchange extends Omit<WireRequest, 'body'> {
  /** Identifies the exchange within its run. Increases with each request. */
  readonly id: number;
  /** `readBody` returns its bytes. `undefined` if it is larger than what the log keeps. */
  readonly body: WireBody | undefined;
  readonly response: WireResponse;
}

/** A body that begins like the body of another exchange of its run: only the rest is kept. */
export interface WireBody {
  /** The `id` of the other exchange. `undefined` if the suffix is the whole body. */
  readonly prefixOf: number | undefined;
  /** How many bytes the two bodies have in common. */
  readonly length: number;
  readonly suffix: Uint8Array;
}

export interface WireResponse {
  /** When the status and the headers arrived, in milliseconds since 1970. Absent if they did not. */
  readonly at?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** How many bytes are not among the pieces, because the exchange exceeds what the log keeps of a run. */
  readonly omittedBytes: number;
  /** When the response was complete or failed, in milliseconds since 1970. Absent before that, and after a crash. */
  readonly endedAt?: number;
  readonly error?: ErrorData;
}

/** @throws ConfigError for a value that is not a wire log. */
export function checkWireLog(given: unknown, where: string): void {
  if (given === undefined || isWireLog(given)) return;
  throw new ConfigError(
    `${where}: wireLog is ${describeValue(given)}, which is not a wire log. Pass memoryWireLog() of "@pawl/core/wire-log", or an object with the methods sent and received.`,
  );
}

function isWireLog(given: unknown): given is WireLog {
  if (typeof given !== 'object' || given === null) return false;
  return (['sent', 'received'] as const).every((name) => typeof Reflect.get(given, name) === 'function');
}

type OnFailure = (method: keyof WireLog, error: unknown) => void;

/** Combines wire logs to one that never throws. Passes the first failure of each log to `onFailure`. */
export function guardWireLogs(logs: readonly (WireLog | undefined)[], onFailure: OnFailure): WireLog | undefined {
  const guarded = [...new Set(logs)].flatMap((log) => (log === undefined ? [] : [guardWireLog(log, onFailure)]));
  const [first, ...others] = guarded;
  if (first === undefined || others.length === 0) return first;
  return {
    sent(request) {
      for (const log of guarded) log.sent(request);
    },
    received(piece) {
      for (const log of guarded) log.received(piece);
    },
  };
}

/** Creates a wire log that never throws. Passes the first failure to `onFailure`. */
export function guardWireLog(log: WireLog, onFailure: OnFailure): WireLog {
  let hasFailed = false;
  const call = (method: keyof WireLog, work: () => unknown): void => {
    const onError = (error: unknown): void => {
      if (hasFailed) return;
      hasFailed = true;
      onFailure(method, error);
    };
    try {
      // A method may be `async`, although nothing awaits it.
      const result = work();
      if (result instanceof Promise) result.catch(onError);
    } catch (error) {
      onError(error);
    }
  };
  return {
    sent: (request) => call('sent', () => log.sent(request)),
    received: (piece) => call('received', () => log.received(piece)),
  };
}
