import type { Clock } from '../base/clock.ts';
import { Deadline, withDeadline } from '../base/deadline.ts';
import { parseJson } from '../base/json.ts';
import { ProtocolError } from '../chat/errors.ts';
import type { ChatReply } from '../chat/reply.ts';
import { detectForm, ReplyReader, readEventData } from '../chat/reply-reader.ts';
import { EventReader, type ServerSentEvent } from '../chat/server-sent-events.ts';
import { ByteCount, type Caps } from './caps.ts';
import type { ModelContext } from './chat-model.ts';
import { TimeoutError } from './errors.ts';
import { TransportError } from './transport.ts';

/** A reply of which the first bytes are there. */
export interface OpenReply {
  readonly contentType: string | undefined;
  readonly first: IteratorResult<Uint8Array>;
  readonly chunks: AsyncIterator<Uint8Array>;
}

export interface ReadingOptions {
  readonly context: ModelContext;
  readonly caps: Required<Caps>;
  readonly idleMs: number;
  readonly timeoutError: () => Error;
  /** Closes the connection under a reply that goes on after its end. */
  readonly close: () => void;
}

/** Reads a reply as what it is, whatever was asked for: one JSON body, or a stream of events. */
export async function readReply(opened: OpenReply, options: ReadingOptions): Promise<ChatReply> {
  const { context, caps, idleMs, timeoutError, close } = options;
  const { clock, signal } = context;
  const reader = new ReplyReader({ maxCalls: caps.calls });
  const work = (signal: AbortSignal, idle: Deadline): Promise<Finished> => {
    const reading: Reading = { opened, context, caps, signal, idle, reader, close };
    const { value } = opened.first;
    const form = detectForm(value ?? new Uint8Array(), opened.contentType);
    return form === 'json' ? readWhole(reading) : readEvents(reading);
  };
  const { reply, mends, deltas } = await withDeadline(work, { clock, signal, timeoutMs: idleMs, timeoutError }).catch(
    (error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error;
      const finished = finishedBefore(error, reader);
      close();
      return finished;
    },
  );
  for (const delta of deltas) void context.onDelta(delta); // All is read: a reader who is behind holds up nothing.
  if (mends.length > 0) context.onMended(mends);
  return reply;
}

interface Reading {
  readonly opened: OpenReply;
  readonly context: ModelContext;
  readonly caps: Required<Caps>;
  /** Aborted when the reading was given up. */
  readonly signal: AbortSignal;
  readonly idle: Deadline;
  readonly reader: ReplyReader;
  readonly close: () => void;
}

type Finished = ReturnType<ReplyReader['finish']>;

async function readWhole(reading: Reading): Promise<Finished> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of chunksOf(reading)) text += decoder.decode(bytes, { stream: true });
  text += decoder.decode();
  const parsed = parseJson(text);
  if (!parsed.ok) {
    const problem = text.trim() === '' ? 'is empty' : `is not JSON: ${parsed.problem}`;
    throw new ProtocolError(`The server's reply ${problem}.`, { code: 'reply.garbage', received: text });
  }
  for (const delta of reading.reader.read(parsed.value)) {
    const caughtUp = reading.context.onDelta(delta);
    if (caughtUp !== undefined) await pauseUntil(caughtUp, reading);
  }
  return reading.reader.finish('whole');
}

async function readEvents(reading: Reading): Promise<Finished> {
  const { reader, opened, context, caps, close } = reading;
  const events = new EventReader({ maxLength: caps.eventLength });
  try {
    for await (const bytes of chunksOf(reading)) {
      if (await readPieces(events.read(bytes), reading)) {
        drain(opened.chunks, { clock: context.clock, close });
        return reader.finish('done');
      }
    }
  } catch (error) {
    if (error instanceof TransportError) return finishedBefore(error, reader);
    throw error;
  }
  return reader.finish((await readPieces(events.end(), reading)) ? 'done' : 'closed');
}

async function* chunksOf({ opened, caps, idle }: Reading): AsyncGenerator<Uint8Array> {
  const count = new ByteCount(caps.replyBytes);
  for (let result = opened.first; result.done !== true; result = await opened.chunks.next()) {
    idle.restart();
    count.add(result.value);
    yield result.value;
  }
}

/** True once the stream has said that it is done. */
async function readPieces(events: readonly ServerSentEvent[], reading: Reading): Promise<boolean> {
  for (const event of events) {
    const said = readEventData(event);
    if (said.type === 'done') return true;
    if (said.type !== 'piece') continue;
    // Without a word from a reader there is nothing to wait for: thousands of pieces come in one go.
    for (const delta of reading.reader.read(said.piece)) {
      const caughtUp = reading.context.onDelta(delta);
      if (caughtUp !== undefined) await pauseUntil(caughtUp, reading);
    }
  }
  return false;
}

/** A reader who is behind stops the reading, and with it the socket. */
async function pauseUntil(caughtUp: Promise<void>, { idle, signal }: Reading): Promise<void> {
  idle.pause();
  await caughtUp;
  signal.throwIfAborted();
  idle.resume();
}

/** Some servers break the connection, or leave it open, instead of ending the stream. What was complete before is a reply. */
function finishedBefore(error: Error, reader: ReplyReader): Finished {
  try {
    return reader.finish('closed');
  } catch {
    throw error;
  }
}

/** Lets the stream come to its end behind the reply, so that the connection can be used again. */
function drain(
  chunks: AsyncIterator<Uint8Array>,
  { clock, close }: { readonly clock: Clock; readonly close: () => void },
): void {
  const deadline = new Deadline(clock, LONGEST_DRAIN_MS, close);
  const rest = async (): Promise<void> => {
    while ((await chunks.next()).done !== true);
  };
  void rest() // The reply is complete: whatever happens now is of no interest.
    .catch(() => undefined)
    .finally(() => deadline.end());
}

const LONGEST_DRAIN_MS = 1000;
