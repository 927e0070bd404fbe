import type { ResponseEvent, ResponseEventBody, ResponseItem } from '@pawl/responses/wire';
import {
  enterAttempt,
  enterPosition,
  FIRST_PLACE,
  type LiveAttempt,
  numberEnd,
  numberLive,
  numberRecorded,
  type StreamPlace,
} from './sequence.ts';

/** Which number a wire event gets: of the journal event that it shows, of the response under way, or of the end. */
export type EventPlace = 'recorded' | 'live' | 'end';

/** What was sent of a stream. Plain data. */
export interface SentStream {
  readonly place: StreamPlace;
  /** The items of the response, as the journal has them. */
  readonly output: readonly ResponseItem[];
  /** The next `output_index`. */
  readonly nextIndex: number;
}

export const NOTHING_SENT: SentStream = { place: FIRST_PLACE, output: [], nextIndex: 0 };

/** A stream while the wire events of one event of the run are added to it. */
export class StreamDraft {
  #sent: SentStream;
  readonly events: ResponseEvent[] = [];

  constructor(sent: SentStream) {
    this.#sent = sent;
  }

  get sent(): SentStream {
    return this.#sent;
  }

  enterPosition(position: number | undefined): void {
    this.#sent = { ...this.#sent, place: enterPosition(this.#sent.place, position) };
  }

  enterAttempt(attempt: LiveAttempt): void {
    this.#sent = { ...this.#sent, place: enterAttempt(this.#sent.place, attempt) };
  }

  /** Adds a wire event. Returns `false` if it has to wait for the next journal event: the numbers of the response under way are used up. */
  emit(body: ResponseEventBody, where: EventPlace, size = 1): boolean {
    const { place } = this.#sent;
    const next =
      where === 'recorded' ? numberRecorded(place) : where === 'end' ? numberEnd(place) : numberLive(place, size);
    if (next === undefined) return false;
    this.#sent = { ...this.#sent, place: next };
    this.events.push({ ...body, sequence_number: next.last });
    return true;
  }

  /** Takes the next `output_index`. */
  takeIndex(): number {
    const { nextIndex } = this.#sent;
    this.#sent = { ...this.#sent, nextIndex: nextIndex + 1 };
    return nextIndex;
  }

  /** Adds an item to the response. Returns its place. */
  addItem(item: ResponseItem): number {
    const { output } = this.#sent;
    this.#sent = { ...this.#sent, output: [...output, item] };
    return output.length;
  }

  replaceItem(at: number, item: ResponseItem): void {
    this.#sent = { ...this.#sent, output: this.#sent.output.with(at, item) };
  }

  /** Removes the items from a place on: the run does not use them. */
  dropItems(from: number): void {
    this.#sent = { ...this.#sent, output: this.#sent.output.slice(0, from) };
  }
}
