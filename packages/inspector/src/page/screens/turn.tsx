import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunSource } from '../data/run-follower.ts';
import { openRoute, session } from '../data/state.ts';
import { CallDetails } from '../parts/call-details.tsx';
import { JsonView } from '../parts/json-view.tsx';
import { useKeys } from '../parts/keys.ts';
import { Content, MessageView } from '../parts/message.tsx';
import { Badge } from '../parts/status.tsx';
import { LongText, Text } from '../parts/text.tsx';
import { foldTurn, listTurns, type ShownEdit, type TurnView } from '../view/fold-turn.ts';
import { formatCount, formatDuration } from '../view/format-value.ts';
import { formatRoute, type Route } from '../view/route.ts';

interface TurnProps {
  readonly source: RunSource;
  readonly place: Extract<Route, { readonly screen: 'turn' }>;
}

/** A turn: the conversation as the model saw it, what it answered, and what came of its calls. */
export function TurnScreen({ source, place }: TurnProps): JSX.Element {
  const events = source.events.value;
  const turns = listTurns(events);
  const index = turns.findIndex(({ path, turn }) => path === place.path && turn === place.turn);
  const goTo = (step: number): void => {
    const next = turns[index + step];
    if (index >= 0 && next !== undefined)
      openRoute({ screen: 'turn', runId: source.runId, path: next.path, turn: next.turn });
  };
  useKeys({ j: () => goTo(1), k: () => goTo(-1), Escape: () => openRoute({ screen: 'run', runId: source.runId }) });
  const turn = foldTurn(events, place);
  if (turn === undefined)
    return <p class="empty">{source.isLoaded.value ? 'The run has no such turn.' : 'Loading…'}</p>;
  return (
    <div class="turn">
      <TurnTitle turn={turn} runId={source.runId} turns={turns} index={index} />
      <div class="columns">
        <section aria-label="What the model saw">
          <h2>What the model saw</h2>
          <Seen turn={turn} runId={source.runId} />
        </section>
        <section aria-label="What it answered">
          <h2>What it answered</h2>
          <Answered turn={turn} />
        </section>
      </div>
    </div>
  );
}

interface TitleProps {
  readonly turn: TurnView;
  readonly runId: string;
  readonly turns: ReturnType<typeof listTurns>;
  readonly index: number;
}

function TurnTitle({ turn, runId, turns, index }: TitleProps): JSX.Element {
  const link = (step: number, text: string): JSX.Element | false => {
    const next = turns[index + step];
    return next !== undefined && <a href={formatRoute({ screen: 'turn', runId, ...pick(next) })}>{text}</a>;
  };
  return (
    <div class="turn-title">
      <h2>
        Turn {turn.turn} of <Text value={turn.agent} />
        {turn.path !== '' && (
          <code>
            {' '}
            <Text value={turn.path} />
          </code>
        )}
      </h2>
      <nav aria-label="Turns">
        {link(-1, '← before')} {link(1, 'next →')}
      </nav>
    </div>
  );
}

function pick({ path, turn }: { readonly path: string; readonly turn: number }): {
  readonly path: string;
  readonly turn: number;
} {
  return { path, turn };
}

/** Older messages of a long conversation are shown on request. */
const SHOWN_MESSAGES = 30;

function Seen({ turn, runId }: { readonly turn: TurnView; readonly runId: string }): JSX.Element {
  const { instructions, conversation, edits, isTemporary } = turn;
  const [isWhole, setWhole] = useState(false);
  const hidden = isWhole ? 0 : Math.max(0, conversation.length - SHOWN_MESSAGES);
  return (
    <>
      <SentTools turn={turn} runId={runId} />
      {isTemporary && <p class="hint">Middleware sent these messages in this turn only. The history keeps others.</p>}
      {edits.map((edit) => (
        <EditView key={`${edit.origin} ${edit.from}`} edit={edit} />
      ))}
      <ol class="messages" aria-label="Conversation">
        {instructions !== null && (
          <li class="message message-system">
            <header>
              <span class="role">instructions</span>
            </header>
            <LongText value={instructions} label="Instructions" />
          </li>
        )}
        {hidden > 0 && (
          <li>
            <button type="button" class="quiet" onClick={() => setWhole(true)}>
              Show {formatCount(hidden)} earlier messages
            </button>
          </li>
        )}
        {conversation.slice(hidden).map((placed, index) => (
          <MessageView key={String(hidden + index)} {...placed} />
        ))}
      </ol>
    </>
  );
}

function SentTools({ turn: { prepared }, runId }: { readonly turn: TurnView; readonly runId: string }): JSX.Element {
  if (prepared === undefined) {
    return (
      <p class="hint">
        Nothing prepared this turn, so all tools of the agent were sent.
        {session.value?.hasWire === true && (
          <>
            {' '}
            The <a href={formatRoute({ screen: 'wire', runId })}>wire</a> has the request itself.
          </>
        )}
      </p>
    );
  }
  const { tools, toolChoice, modelSettings, model } = prepared;
  return (
    <section class="prepared" aria-label="Prepared by middleware">
      <p>
        Prepared for <Text value={model} />. Tools that were sent:{' '}
        {tools.length === 0 ? 'none' : tools.map((name) => <Badge key={name}>{name}</Badge>)}
        {toolChoice !== undefined && (
          <>
            {' '}
            tool choice <code>{JSON.stringify(toolChoice)}</code>
          </>
        )}
      </p>
      {modelSettings !== undefined && <JsonView label="Settings of this turn" value={modelSettings} open={1} />}
    </section>
  );
}

function EditView({ edit: { origin, from, removed, added } }: { readonly edit: ShownEdit }): JSX.Element {
  const by = origin === 'handoff' ? 'The handoff' : 'Middleware';
  return (
    <details class="edit">
      <summary>
        {by} replaced {removed.length} {removed.length === 1 ? 'message' : 'messages'} from position {from + 1} by{' '}
        {added.length}
      </summary>
      <ol class="messages removed" aria-label="Replaced messages">
        {removed.map((placed, index) => (
          <MessageView key={String(index)} {...placed} />
        ))}
      </ol>
    </details>
  );
}

function Answered({ turn }: { readonly turn: TurnView }): JSX.Element {
  const { response, failure, calls, marks, live } = turn;
  return (
    <>
      {response === undefined && failure === undefined && <LiveAnswer live={live} />}
      {failure !== undefined && (
        <p class="problem">
          <Text value={`${failure.error.code ?? failure.error.name}: ${failure.error.message}`} />
        </p>
      )}
      {response !== undefined && <Response response={response} />}
      {calls.map((call) => (
        <CallDetails key={String(call.index)} call={call} />
      ))}
      {marks.length > 0 && (
        <details class="marks">
          <summary>{marks.length} other events of the turn</summary>
          {marks.map((event, index) => (
            <JsonView key={String(index)} label={event.type} value={event} open={0} />
          ))}
        </details>
      )}
    </>
  );
}

function LiveAnswer({
  live: { text, reasoning, refusal, discardedCount },
}: {
  readonly live: TurnView['live'];
}): JSX.Element {
  return (
    <div class="live" aria-live="polite">
      <p class="hint">No complete answer yet.{discardedCount > 0 && ` Discarded before: ${discardedCount}.`}</p>
      {reasoning !== '' && <LongText value={reasoning} label="Reasoning in progress" />}
      {text !== '' && <LongText value={text} label="Text in progress" />}
      {refusal !== '' && <LongText value={refusal} label="Refusal in progress" />}
    </div>
  );
}

function Response({ response }: { readonly response: NonNullable<TurnView['response']> }): JSX.Element {
  const { message, model, usage, durationMs, finishReason, clampedByLimit, rejection } = response;
  const reasoning = message.reasoning_content ?? message.reasoning ?? '';
  return (
    <section class="response" aria-label="Response">
      <p class="dim">
        <Text value={model} />, {formatDuration(durationMs)}, {formatCount(usage.inputTokens)} tokens in (
        {formatCount(usage.cachedInputTokens)} cached), {formatCount(usage.outputTokens)} out
        {usage.estimated ? ' (estimated)' : ''}, finish reason {finishReason ?? 'none'}
      </p>
      {clampedByLimit !== undefined && (
        <Badge kind="warn">{`greatest length lowered by limits.${clampedByLimit}`}</Badge>
      )}
      {rejection !== undefined && <Badge kind="bad">{`rejected by guard ${rejection.guard}`}</Badge>}
      {reasoning !== '' && (
        <details class="reasoning">
          <summary>Reasoning</summary>
          <LongText value={reasoning} label="Reasoning" />
        </details>
      )}
      <Content content={message.content} />
      {typeof message.refusal === 'string' && message.refusal !== '' && (
        <p class="problem">
          Refusal: <Text value={message.refusal} />
        </p>
      )}
    </section>
  );
}
