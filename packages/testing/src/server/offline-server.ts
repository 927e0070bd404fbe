import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '@pawl/core';
import { checkOptions, type OptionTable, systemClock } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { respond } from '../script/build-reply.ts';
import { ScriptError } from '../script/errors.ts';
import type { RecordedRequest } from '../script/recorded-request.ts';
import type { ScriptedResponse } from '../script/reply.ts';
import { Script, type ScriptEntries } from '../script/script.ts';
import { offlineModel } from '../stand-in/stand-in.ts';
import { route } from './route.ts';
import { transmission } from './transmission.ts';
import { type TransmitOptions, transmit } from './transmit.ts';

export interface OfflineServerOptions {
  /** Played in place of the stand-in model: a reply for each request, or one function for all. */
  readonly script?: ScriptEntries<ScriptedResponse>;
  /** Between the chunks of a stream. @defaultValue 0 */
  readonly chunkDelayMs?: number;
  /** Asked of every request. Without it, none is asked for, and any is taken. */
  readonly apiKey?: string;
  /** The only model there is. Requests may name any. @defaultValue 'pawl-stand-in' */
  readonly model?: string;
  /** The newest requests are kept, so many of them. @defaultValue Infinity */
  readonly keepRequests?: number;
  /** For `chunkDelayMs`. @defaultValue the machine's */
  readonly clock?: Clock;
  /** `'none'`: any path and whatever is JSON is answered, also what OpenAI's server would refuse. @defaultValue 'openai' */
  readonly checks?: 'openai' | 'none';
}

/** A Chat Completions server on this machine. It never keeps a process alive. */
export interface OfflineServer {
  /** Ends in `/v1`. */
  readonly baseURL: string;
  /** In the order in which they came. */
  readonly requests: readonly RecordedRequest[];
  /** Requests whose client went away before it had the whole answer. */
  readonly disconnects: number;
  /** Resolves as soon as no request is being answered. */
  idle(): Promise<void>;
  /** @throws ScriptError unless every entry of the script was used. */
  assertDone(): void;
  /** Ends it at once, with every socket and every answer that is under way. */
  close(): Promise<void>;
}

/**
 * Starts a real Chat Completions server on 127.0.0.1, for any client.
 *
 * It answers by a script, or by Pawl's stand-in, which follows rules and is no language model. Conversations that OpenAI's
 * server would refuse are refused with status 400, and use up nothing of the script.
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
  readonly #waiting: (() => void)[] = [];
  #answering = 0;
  #count = 0;
  #disconnects = 0;
  #port = 0;

  constructor(options: OfflineServerOptions) {
    this.#options = options;
    this.#script = new Script(options.script ?? ((request) => respond.message(offlineModel(request))));
    this.#server = createServer((incoming, response) => void this.#answer(incoming, response)); // It never rejects.
    // Sockets stay open for as long as the client wants them, so that no test depends on the time.
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

  idle(): Promise<void> {
    if (this.#answering === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  assertDone(): void {
    this.#script.assertDone();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      // The error of a server that is closed already is no news.
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#answering++;
    const gone = new AbortController();
    const ended = new Promise<undefined>((resolve) => response.once('close', () => resolve(undefined)));
    response.once('close', () => gone.abort());
    response.on('error', () => undefined); // The client has gone: `close` follows.
    try {
      const given = await Promise.race([this.#given(incoming), ended]);
      if (given !== undefined) await this.#send(given, { response, signal: gone.signal });
      await ended;
      if (!response.writableFinished && !isReset(given?.reply)) this.#disconnects++;
    } catch (error) {
      // Either the client went away while it was still sending, or the script has something that cannot be sent.
      if (gone.signal.aborted) this.#disconnects++;
      else if (response.headersSent) response.destroy();
      else response.writeHead(500, NO_RETRY).end(JSON.stringify({ error: { message: messageOf(error) } }));
    } finally {
      this.#answering--;
      if (this.#answering === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  #send({ reply: given, received }: Given, target: Pick<TransmitOptions, 'response' | 'signal'>): Promise<void> {
    const { chunkDelayMs: delayMs = 0, clock = systemClock } = this.#options;
    if (given.type !== 'raw') target.response.setHeader('x-request-id', `req_${++this.#count}`);
    const acts = transmission(given, { request: received.body, model: this.#model });
    return transmit(acts, { ...target, received, clock, delayMs });
  }

  async #given(incoming: IncomingMessage): Promise<Given> {
    const body = await text(incoming);
    const { method = 'GET', headers } = incoming;
    const url = incoming.url ?? '/';
    const path = url.replace(/\?.*$/s, '');
    const { checks = 'openai', apiKey, keepRequests = Number.POSITIVE_INFINITY } = this.#options;
    const incomingRequest = { method, path, authorization: headers.authorization, body };
    const { request, reply: answer } = route(incomingRequest, { apiKey, model: this.#model, checks });
    const { remotePort: port } = incoming.socket;
    const received = { url, headers, body: request ?? { messages: [] }, text: body, port };
    if (request !== undefined) this.#requests.push(received);
    if (this.#requests.length > keepRequests) this.#requests.shift();
    return { reply: answer ?? (await this.#scripted(received.body)), received };
  }

  async #scripted(request: ChatRequest): Promise<ScriptedResponse> {
    try {
      return await this.#script.next(request);
    } catch (error) {
      const message = messageOf(error);
      if (ScriptError.isInstance(error))
        return respond.httpError(400, { message, code: error.code, headers: NO_RETRY });
      return respond.httpError(500, { message: `No reply could be made: ${message}`, headers: NO_RETRY });
    }
  }

  get #model(): string {
    return this.#options.model ?? 'pawl-stand-in';
  }
}

interface Given {
  readonly reply: ScriptedResponse;
  readonly received: RecordedRequest;
}

/** Whether the server itself is meant to leave. */
function isReset(given: ScriptedResponse | undefined): boolean {
  return given?.type === 'held' ? isReset(given.reply) : given?.type === 'reset';
}

/** For what goes wrong in the script itself: asking again would only use up its next entry. */
const NO_RETRY: Readonly<Record<string, string>> = { 'x-should-retry': 'false' };

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
