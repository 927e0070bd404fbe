import { concatenateBytes } from '../base/concatenate-bytes.ts';
import { type ErrorData, toErrorData } from '../event/error-data.ts';
import type { ModelContext } from '../model/chat-model.ts';
import { guardWireLog, type WireLog, type WirePiece, type WirePosition, type WireRequest } from '../model/wire-log.ts';
import type { BodyBytes } from './body-bytes.ts';
import { ByteMask } from './byte-mask.ts';
import { collectWireSecrets, redactRequestHeaders, redactResponseHeaders, redactUrl } from './redact-wire.ts';
import type { Headers } from './request-headers.ts';
import type { SecretSources } from './secret-values.ts';
import type { HttpResponse } from './transport/transport.ts';

export interface WireTapOptions extends SecretSources {
  /** The headers that Pawl itself sets, without the key. */
  readonly knownHeaders: Headers;
  readonly body: BodyBytes;
}

/** Passes one request and its response to the wire log of the run, without secrets. Both transports are observed from outside. */
export class WireTap {
  readonly #log: WireLog;
  readonly #context: ModelContext;
  readonly #options: WireTapOptions;
  readonly #secrets: ReadonlySet<string>;
  readonly #mask: ByteMask;
  #request: WireRequest | undefined;
  #hasEnded = false;

  constructor(log: WireLog, context: ModelContext, options: WireTapOptions) {
    // The log of a run reports its failures. Outside a run they are ignored.
    this.#log = guardWireLog(log, () => undefined);
    this.#context = context;
    this.#options = options;
    this.#secrets = collectWireSecrets(options);
    this.#mask = new ByteMask(this.#secrets);
  }

  /** @param sent - the headers that the transport sends */
  recordRequest(sent: Headers): void {
    const { url, headers: requested, knownHeaders: known, body } = this.#options;
    const mask = new ByteMask(this.#secrets);
    const start = mask.apply(concatenateBytes(body.pieces));
    this.#request = {
      ...this.#getPosition(),
      at: this.#context.clock.now(),
      method: 'POST',
      url: redactUrl(url, this.#secrets),
      headers: redactRequestHeaders({ sent, requested, known }),
      body: concatenateBytes([start, mask.finish()]),
    };
    this.#log.sent(this.#request);
  }

  /** Returns the response with a `read` that logs what it passes on. */
  wrapResponse(response: HttpResponse): HttpResponse {
    this.#record({
      status: response.status,
      headers: redactResponseHeaders(response.listHeaders(), this.#secrets),
    });
    return {
      status: response.status,
      getHeader: (name) => response.getHeader(name),
      listHeaders: () => response.listHeaders(),
      read: async (sink) => {
        await response.read((bytes) => {
          this.#recordBytes(this.#mask.apply(bytes));
          return sink(bytes);
        });
        this.end();
      },
    };
  }

  /** Ends the exchange. Does nothing if it has ended: an error after the last byte concerns the attempt, not the exchange. */
  end(failure?: { readonly error: unknown }): void {
    this.#recordBytes(this.#mask.finish());
    this.#record(failure === undefined ? { end: true } : { error: describeFailure(failure.error) });
    this.#hasEnded = true;
  }

  #recordBytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#record({ bytes });
  }

  #record(piece: Pick<WirePiece, 'status' | 'headers' | 'bytes' | 'end' | 'error'>): void {
    const request = this.#request;
    if (request === undefined || this.#hasEnded) return;
    this.#log.received({ ...this.#getPosition(), request, at: this.#context.clock.now(), ...piece });
  }

  #getPosition(): WirePosition {
    const { runId, path, turn, attempt } = this.#context;
    return { runId, path, turn, attempt };
  }
}

/** Without the stack, which is one of Pawl. */
function describeFailure(error: unknown): ErrorData {
  const { stack: _, cause: __, ...data } = toErrorData(error);
  return data;
}
