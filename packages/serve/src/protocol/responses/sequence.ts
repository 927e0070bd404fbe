// `sequence_number` of a wire event: the position of the last journal event before it · 2^20, plus its place after that. So it means the same in every
// process, and a client that names it gets what follows. The places after a journal event:
//
// - from 0: what the journal event itself is shown as;
// - from 4,096: what is shown of the response under way, counted in characters and items, not in events: a later reader gets the same text in
//   other pieces. Each attempt has a range of its own, so that a place in a discarded text is none in the next one;
// - the last 4,096: the end.

const STRIDE = 2 ** 20;
const LIVE_START = 4_096;
const RANGE = 2 ** 16;
const MAX_RANGE = 14;
const END_START = STRIDE - 4_096;

/** The turn of a response under way, and how much of it was sent. */
export interface LivePlace {
  readonly turn: number;
  /** The range of the attempt. */
  readonly range: number;
  /** The characters and items that were sent. */
  readonly sent: number;
}

/** Where a stream is. */
export interface StreamPlace {
  /** The position of the last journal event that counts. */
  readonly position: number;
  /** How many wire events it was shown as. */
  readonly used: number;
  readonly live: LivePlace | undefined;
  /** The last number that was given. */
  readonly last: number;
}

export const FIRST_PLACE: StreamPlace = { position: 0, used: 0, live: undefined, last: -1 };

/** Moves to a journal event. */
export function enterPosition(place: StreamPlace, position: number | undefined): StreamPlace {
  // Live events have no position, nor have those of a run without a host: they follow one another.
  if (position === undefined || position <= place.position) return place;
  return { position, used: 0, live: undefined, last: place.last };
}

/** Gives the number of a wire event that shows the journal event. */
export function numberRecorded(place: StreamPlace): StreamPlace {
  return number({ ...place, used: place.used + 1 }, place.used);
}

/** Gives the number of a wire event at the end of a stream. */
export function numberEnd(place: StreamPlace): StreamPlace {
  return numberRecorded({ ...place, used: Math.max(place.used, END_START) });
}

export interface LiveAttempt {
  readonly turn: number;
  /** Counted from 1. */
  readonly attempt: number;
  /** Whether a process that stopped may have sent another response of the turn. */
  readonly isRepeated: boolean;
}

/** Moves to an attempt at a response. */
export function enterAttempt(place: StreamPlace, { turn, attempt, isRepeated }: LiveAttempt): StreamPlace {
  const range = Math.min(MAX_RANGE, attempt - 1 + (isRepeated ? MAX_RANGE / 2 : 0));
  const { live } = place;
  if (live?.turn === turn && live.range === range) return place;
  return { ...place, live: { turn, range, sent: 0 } };
}

/** Gives the number of a wire event of the response under way; `undefined` if there is no number left until the next journal event. */
export function numberLive(place: StreamPlace, size: number): StreamPlace | undefined {
  const live = place.live ?? { turn: 0, range: 0, sent: 0 };
  const sent = live.sent + size;
  const used = LIVE_START + live.range * RANGE + sent;
  return used >= END_START ? undefined : number({ ...place, live: { ...live, sent } }, used);
}

/** Where a number stands among the wire events of its journal event. */
function isLiveNumber(number: number): boolean {
  const used = number % STRIDE;
  return used >= LIVE_START && used < END_START;
}

/** Leaves out what a client has that names the number of the last event that it got. A text that it has in part goes on where it ends. */
export function skipKnown<Event extends { readonly sequence_number: number }>(
  events: readonly Event[],
  known: number | undefined,
): readonly Event[] {
  if (known === undefined) return events;
  return events.flatMap((event) => {
    const { sequence_number: last } = event;
    if (last <= known) return [];
    if (!('delta' in event) || typeof event.delta !== 'string' || !isLiveNumber(last)) return [event];
    const first = last - event.delta.length;
    return [first >= known ? event : { ...event, delta: event.delta.slice(known - first) }];
  });
}

function number(place: StreamPlace, used: number): StreamPlace {
  return { ...place, last: Math.max(place.last + 1, place.position * STRIDE + used) };
}
