import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Clock, checkOptions, type OptionTable, systemClock } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { offlineModel } from '../offline-model/offline-model.ts';
import { ScriptError } from '../script/errors.ts';
import type { RecordedRequest } from '../script/recorded-request.ts';
import { respond } from '../script/respond.ts';
import { Script, type ScriptEntries } from '../script/script.ts';
import type { ScriptedResponse } from '../script/scripted-response.ts';
import { type PerformActionsOptions, performActions } from './perform-actions.ts';
import { listActions } from './response-actions.ts';
import { route } from './route.ts';

export interface OfflineServerOptions {
  /** Replaces the offline model: one response per request, or one function for all requests. */
  readonly script?: ScriptEntries<ScriptedResponse>;
  /** The delay between the chunks of a stream. @defaultValue 0 */
  readonly chunkDelayMs?: number;
  /** Required of every request. Without it, the server accepts any key and none. */
  readonly apiKey?: string;
  /** The only model that `GET /models` lists. Requests may name any model. @defaultValue 'pawl-stand-in' */
  readonly model?: string;
  /** Keeps only the newest requests. @defaultValue Infinity */
  readonly keepRequests?: number;
  /** For `chunkDelayMs`. @defaultValue the system clock */
  readonly clock?: Clock;
  /** `'none'`: accepts any path and any JSON, also what OpenAI's server would refuse. @defaultValue 'openai' */
  readonly checks?: 'openai' | 'none';
}

/** A Chat Completions server on this machine. It does not keep the process alive. */
export interface OfflineServer {
  /** Ends in `/v1`. */
  readonly baseURL: string;
  /** In the order in which they came. */
  readonly requests: readonly RecordedRequest[];
  /** The number of requests whose client disconnected before the end of the response. */
  readonly disconnects: number;
  /** Resolves when no request is open. */
  waitForIdle(): Promise<void>;
  /** @throws ScriptError unless every entry of the script was used. */
  assertDone(): void;
  /** Closes the server, every socket and every open response at once. */
  close(): Promise<void>;
}

/**
 * Starts a real Chat Completions server on 127.0.0.1, for any client.
 *
 * It responds from a script, or with `offlineModel`, which follows rules and is not a language model. It refuses a
 * conversation that OpenAI's server would refuse with status 400, and uses no entry of the script for it.
 */
export async function offlineServer(options: OfflineServerOptions = {}): Promise<OfflineServer> {
  const server = new LocalServer(checkOptions(options, OFFLINE_SERVER, 'offlineServer'));
  await server.listen();
  return server;
}

const OFFLINE_SERVER: OptionTable<OfflineServerOptions> = {
  keys: {
    script: ['list', 'function'],
    chunkDelayMs: 'number',
    apiKey: 'text',
    model: 'text',
    keepRequests: 'number',
    clock: 'clock',
    checks: { openai: true, none: true },
  },
  hints: { replies: 'The option is "script".', responses: 'The option is "script".' },
};

class LocalServer implements OfflineServer {
  readonly #options: OfflineServerOptions;
  readonly #script: Script<ScriptedResponse>;
  readonly #server: Server;
  readonly #requests: RecordedRequest[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  #openCount = 0;
  #count = 0;
  #disconnects = 0;
  #port = 0;

  constructor(options: OfflineServerOptions) {
    this.#options = options;
    this.#script = new Script(options.script ?? ((request) => respond.message(offlineModel(request))));
    this.#server = createServer((incoming, response) => void this.#handle(incoming, response)); // It never rejects.
    // The client decides when sockets close, so no test depends on a timeout.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('connection', (socket) => socket.unref());
  }

  get baseURL(): string {
    return `http://127.0.0.1:${this.#port}/v1`;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  get disconnects(): number {
    return this.#disconnects;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        if (typeof address === 'object' && address !== null) this.#port = address.port;
        this.#server.unref();
        resolve();
      });
    });
  }

  waitForIdle(): Promise<void> {
    if (this.#openCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  assertDone(): void {
    this.#script.assertDone();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      // Closing a closed server is not an error.
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#openCount++;
    const gone = new AbortController();
    const ended = new Promise<undefined>((resolve) => response.once('close', () => resolve(undefined)));
    response.once('close', () => gone.abort());
    response.on('error', () => undefined); // The client has disconnected: `close` follows.
    try {
      const given = await Promise.race([this.#receive(incoming), ended]);
      if (given !== undefined) await this.#send(given, { response, signal: gone.signal });
      await ended;
      if (!response.writableFinished && !isReset(given?.response)) this.#disconnects++;
    } catch (error) {
      // Either the client disconnected while sending, or the script has a response that cannot be sent.
      if (gone.signal.aborted) this.#disconnects++;
      else if (response.headersSent) response.destroy();
      else response.writeHead(500, NO_RETRY).end(JSON.stringify({ error: { message: toMessage(error) } }));
    } finally {
      this.#openCount--;
      if (this.#openCount === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }

  #send(
    { response: given, received }: AcceptedRequest,
    target: Pick<PerformActionsOptions, 'response' | 'signal'>,
  ): Promise<void> {
    const { chunkDelayMs: delayMs = 0, clock = systemClock } = this.#options;
    if (given.type !== 'raw') target.response.setHeader('x-request-id', `req_${++this.#count}`);
    const acts = listActions(given, { request: received.body, model: this.#model });
    return performActions(acts, { ...target, received, clock, delayMs });
  }

  async #receive(incoming: IncomingMessage): Promise<AcceptedRequest> {
    const body = await text(incoming);
    const { method = 'GET', headers } = incoming;
    const url = incoming.url ?? '/';
    const path = url.replace(/\?.*$/s, '');
    const { checks = 'openai', apiKey, keepRequests = Number.POSITIVE_INFINITY } = this.#options;
    const incomingRequest = { method, path, authorization: headers.authorization, body };
    const { request, response: answer } = route(incomingRequest, { apiKey, model: this.#model, checks });
    const { remotePort: port } = incoming.socket;
    const received = { url, headers, body: request ?? { messages: [] }, text: body, port };
    if (request !== undefined) this.#requests.push(received);
    if (this.#requests.length > keepRequests) this.#requests.shift();
    return { response: answer ?? (await this.#takeResponse(received.body)), received };
  }

  async #takeResponse(request: ChatRequest): Promise<ScriptedResponse> {
    try {
      return await this.#script.takeNext(request);
    } catch (error) {
      const message = toMessage(error);
      if (ScriptError.isInstance(error))
        return respond.httpError(400, { message, code: error.code, headers: NO_RETRY });
      return respond.httpError(500, { message: `The script failed: ${message}`, headers: NO_RETRY });
    }
  }

  get #model(): string {
    return this.#options.model ?? 'pawl-stand-in';
  }
}

interface AcceptedRequest {
  readonly response: ScriptedResponse;
  readonly received: RecordedRequest;
}

/** Whether the server itself is expected to disconnect. */
function isReset(given: ScriptedResponse | undefined): boolean {
  return given?.type === 'delayed' ? isReset(given.response) : given?.type === 'reset';
}

/** For errors in the script: a retry would only use its next entry. */
const NO_RETRY: Readonly<Record<string, string>> = { 'x-should-retry': 'false' };

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
