import type { RunEvent } from '@pawl/core';
import type { RunState } from '@pawl/serve';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { BudgetView } from '../../api.ts';
import { isAtRest, type RunSource } from '../data/run-follower.ts';
import { sendCommand } from '../data/server.ts';
import { attempt, now, session } from '../data/state.ts';
import { checkInvariants } from '../view/check-invariants.ts';
import { explainStatus } from '../view/describe-run.ts';
import { formatCost, formatCount, formatDuration, formatTime } from '../view/format-value.ts';
import { formatDump } from '../view/read-dump.ts';
import { formatRoute, type Route } from '../view/route.ts';
import { Budget } from './budget.tsx';
import { saveFile } from './save-file.ts';
import { ScreenLink } from './screen-link.tsx';
import { Badge, Status } from './status.tsx';
import { Text } from './text.tsx';

interface HeaderProps {
  readonly source: RunSource;
  readonly screen: Route['screen'];
  readonly isDump: boolean;
}

/** What every screen of a run has: its status, its numbers, its budget, its lights, its actions. */
export function RunHeader({ source, screen, isDump }: HeaderProps): JSX.Element {
  const { runId } = source;
  const state = source.state.value;
  const budget = source.budget.value;
  const events = source.events.value;
  return (
    <header class="run-header">
      <div class="run-title">
        <h1>
          Run <Text value={runId} />
        </h1>
        {state !== undefined && <Status status={state.status} />}
        {state?.status === 'running' && budget?.isHere === false && (
          <Badge kind="warn">working in another process</Badge>
        )}
        {isDump && <Badge>opened from a file</Badge>}
        <Actions source={source} isDump={isDump} />
      </div>
      {state !== undefined && <Why state={state} />}
      {state !== undefined && <Facts {...{ state, events, budget }} />}
      <div class="run-strip">
        <nav class="tabs" aria-label="Screens of the run">
          <ScreenLink
            name="Waterfall"
            to={{ screen: 'run', runId }}
            isCurrent={screen === 'run' || screen === 'turn'}
          />
          {session.value?.hasWire === true && !isDump && (
            <ScreenLink name="Wire" to={{ screen: 'wire', runId }} isCurrent={screen === 'wire'} />
          )}
          {session.value?.isReadOnly === false && !isDump && (
            <ScreenLink name="Fork and replay" to={{ screen: 'fork', runId }} isCurrent={screen === 'fork'} />
          )}
        </nav>
        <Lights events={events} isAtRest={state === undefined || isAtRest(state.status)} />
      </div>
      {budget !== undefined && <Budget budget={budget} />}
    </header>
  );
}

function Why({ state }: { readonly state: RunState }): JSX.Element | null {
  const why = explainStatus(state);
  return why === '' ? null : (
    <p class="why">
      <Text value={why.slice(0, 400)} />
    </p>
  );
}

interface FactsProps {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  readonly budget: BudgetView | undefined;
}

function Facts({ state, events, budget }: FactsProps): JSX.Element {
  const { turnCount, toolCallCount, durationMs } = (state.outcome ?? {}) as Readonly<
    Record<string, number | undefined>
  >;
  const spent = (name: string): number | undefined => budget?.limits.find((limit) => limit.name === name)?.spent;
  const tokens = state.usage?.totalTokens ?? spent('tokens');
  const cost = state.usage?.cost ?? spent('cost');
  const { conversation = null, forkedFrom = null } = state.details ?? {};
  return (
    <dl class="facts">
      <Fact name="Agent">
        <a href={formatRoute({ screen: 'agent', name: state.agent })}>
          <Text value={state.agent} />
        </a>
      </Fact>
      <Fact name="Begun">{formatTime(state.createdAt, now.value)}</Fact>
      <Fact name="At work">{formatDuration(durationMs ?? spent('durationMs') ?? findActiveMs(events))}</Fact>
      <Fact name="Turns">{String(turnCount ?? spent('turns') ?? '–')}</Fact>
      <Fact name="Calls">{String(toolCallCount ?? spent('toolCalls') ?? '–')}</Fact>
      <Fact name="Tokens">
        {tokens === undefined ? '–' : formatCount(tokens)}
        {state.usage?.estimated === true ? ' (estimated)' : ''}
      </Fact>
      <Fact name="Cost">{cost === undefined ? '–' : formatCost(cost)}</Fact>
      {conversation !== null && (
        <Fact name="Conversation">
          <a href={formatRoute({ screen: 'runs', filter: { conversation } })}>
            <Text value={conversation} />
          </a>
        </Fact>
      )}
      {forkedFrom !== null && (
        <Fact name="Fork of">
          <a href={formatRoute({ screen: 'fork', runId: forkedFrom.runId, beside: state.id })}>
            <Text value={`${forkedFrom.runId} before ${forkedFrom.before}`} />
          </a>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function findActiveMs(events: readonly RunEvent[]): number {
  return events.reduce(
    (most, event) => ('activeMs' in event && event.path === '' ? Math.max(most, event.activeMs) : most),
    0,
  );
}

interface LightsProps {
  readonly events: readonly RunEvent[];
  readonly isAtRest: boolean;
}

const LIGHT_SIGNS = { ok: '●', open: '◐', warning: '▲' } as const;

function Lights({ events, isAtRest: atRest }: LightsProps): JSX.Element {
  return (
    <ul class="lights" aria-label="Checks">
      {checkInvariants(events, { isAtRest: atRest }).map(({ state, text }) => (
        <li key={text} class={`light light-${state}`}>
          <span aria-hidden="true">{LIGHT_SIGNS[state]}</span> <Text value={text} />
        </li>
      ))}
    </ul>
  );
}

function Actions({ source, isDump }: { readonly source: RunSource; readonly isDump: boolean }): JSX.Element {
  const { runId } = source;
  const status = source.state.value?.status ?? '';
  const canAct = session.value?.isReadOnly === false && !isDump;
  const [isSure, setSure] = useState(false);
  const cancel = async (): Promise<void> => {
    if (!isSure) return setSure(true);
    setSure(false);
    await attempt('The run is cancelled.', () => sendCommand(runId, 'cancel'));
  };
  const resume = (): void => void attempt('The run is resumed.', () => sendCommand(runId, 'resume'));
  const save = (): void => {
    const state = source.state.value;
    const name = `${runId.replace(/[^\w.-]+/g, '_').slice(0, 80)}.jsonl`;
    if (state !== undefined) saveFile(name, formatDump(state, source.events.value));
  };
  return (
    <div class="actions">
      {canAct && (status === 'interrupted' || status === 'queued') && (
        <button type="button" onClick={resume}>
          Resume
        </button>
      )}
      {canAct && CANCELLABLE.has(status) && (
        <button type="button" class={isSure ? 'danger' : undefined} onClick={() => void cancel()}>
          {isSure ? 'Really cancel this run' : 'Cancel'}
        </button>
      )}
      <button type="button" onClick={save}>
        Export JSONL
      </button>
    </div>
  );
}

const CANCELLABLE: ReadonlySet<string> = new Set(['running', 'suspended', 'interrupted', 'queued']);
