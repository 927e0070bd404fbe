import { hashText } from '../base/hash-text.ts';
import { stringifyCanonical } from '../base/json.ts';
import { getMessageText } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { KeptResponse, RequestLostEvent } from '../event/journal-event.ts';
import type { NextModelCall } from './middleware.ts';

interface ReceivedResponse {
  readonly request: ChatRequest;
  readonly response: ChatResponse;
  /** The name of the model. */
  readonly model: string;
}

/** The responses of a turn. If a run inside middleware suspends the turn, they are recorded, and an equal request gets them again. */
export class KeptResponses {
  readonly #received: ReceivedResponse[] = [];
  #kept: readonly KeptResponse[] = [];

  /** Adds what an earlier attempt at the turn has recorded. */
  restore({ responses = [] }: RequestLostEvent): void {
    this.#kept = [...this.#kept, ...responses];
  }

  /** Sends a request, unless its response is recorded. */
  async send(
    [request, options]: Parameters<NextModelCall>,
    { next, readModel }: { readonly next: NextModelCall; readonly readModel: (response: ChatResponse) => string },
  ): Promise<ChatResponse> {
    const known = this.#take(request);
    const response = known?.response ?? (await next(request, options));
    this.#received.push({ request, response, model: known?.model ?? readModel(response) });
    if (known !== undefined) await options?.onText?.(getMessageText(response.choices[0].message));
    return response;
  }

  /** Finds the model of a kept response by its message: middleware may have changed other fields. */
  findModel({ choices: [{ message }] }: ChatResponse): string | undefined {
    return this.#received.find(({ response }) => response.choices[0].message === message)?.model;
  }

  /** The fields of the event that records them. */
  get fields(): Pick<RequestLostEvent, 'responses'> {
    const received = this.#received.map(({ request, response, model }) => ({
      request: hashRequest(request),
      response,
      model,
    }));
    return received.length === 0 ? {} : { responses: received };
  }

  #take(request: ChatRequest): KeptResponse | undefined {
    if (this.#kept.length === 0) return undefined;
    const hash = hashRequest(request);
    const known = this.#kept.find((each) => each.request === hash);
    this.#kept = this.#kept.filter((each) => each !== known);
    return known;
  }
}

/** Whether a response is streamed depends on who listens. */
function hashRequest({ stream: _, ...request }: ChatRequest): string {
  return hashText(stringifyCanonical(request));
}
