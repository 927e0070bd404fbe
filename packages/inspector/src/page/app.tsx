import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { dumpedRuns } from './data/dump.ts';
import { inbox, startInbox } from './data/inbox.ts';
import { RunFollower } from './data/run-follower.ts';
import { actionResult, isConnected, openAgain, route, session, sessionProblem } from './data/state.ts';
import { RunHeader } from './parts/run-header.tsx';
import { ScreenLink } from './parts/screen-link.tsx';
import { Text } from './parts/text.tsx';
import { AgentScreen, AgentsScreen } from './screens/agents.tsx';
import { ForkScreen } from './screens/fork.tsx';
import { InboxScreen } from './screens/inbox.tsx';
import { RunScreen } from './screens/run.tsx';
import { RunsScreen } from './screens/runs.tsx';
import { TurnScreen } from './screens/turn.tsx';
import { WireScreen } from './screens/wire.tsx';
import { HOME, type Route } from './view/route.ts';

/** The whole page. */
export function App(): JSX.Element {
  if (session.value === undefined || sessionProblem.value?.status === 401) return <NoSession />;
  return <Page />;
}

function Page(): JSX.Element {
  useEffect(startInbox, []);
  useEffect(() => {
    document.title = `${titleOf(route.value)} · Pawl inspector`;
  }, [route.value]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <TopBar />
      {!isConnected.value && (
        <p class="banner" role="status">
          The server cannot be reached. Trying again…
        </p>
      )}
      {actionResult.value !== undefined && <ActionResult />}
      <div class="content" id="content" tabIndex={-1}>
        <Screen />
      </div>
      <KeyHelp />
    </>
  );
}

function titleOf(current: Route): string {
  return 'runId' in current ? `Run ${current.runId.slice(0, 40)}` : current.screen;
}

function TopBar(): JSX.Element {
  const { title, isReadOnly, hasAgents } = session.value ?? {};
  const { screen } = route.value;
  const waiting = inbox.value?.length ?? 0;
  return (
    <header class="top">
      <span class="brand">Pawl inspector</span>
      <nav aria-label="Screens">
        <ScreenLink name="Runs" to={HOME} isCurrent={screen !== 'inbox' && screen !== 'agents' && screen !== 'agent'} />
        <ScreenLink
          name={waiting === 0 ? 'Inbox' : `Inbox (${waiting})`}
          to={{ screen: 'inbox' }}
          isCurrent={screen === 'inbox'}
        />
        {hasAgents === true && (
          <ScreenLink name="Agents" to={{ screen: 'agents' }} isCurrent={screen === 'agents' || screen === 'agent'} />
        )}
      </nav>
      <span class="source">
        {title !== undefined && <Text value={title} />}
        {isReadOnly === true && ' read-only'}
      </span>
    </header>
  );
}

function ActionResult(): JSX.Element | null {
  const current = actionResult.value;
  if (current === undefined) return null;
  return (
    <p class={`notice notice-${current.kind}`} role={current.kind === 'failed' ? 'alert' : 'status'}>
      <Text value={current.text} />
      <button
        type="button"
        class="quiet"
        onClick={() => {
          actionResult.value = undefined;
        }}
      >
        Close
      </button>
    </p>
  );
}

function Screen(): JSX.Element {
  const current = route.value;
  switch (current.screen) {
    case 'runs':
      return <RunsScreen filter={current.filter} />;
    case 'inbox':
      return <InboxScreen />;
    case 'agents':
      return <AgentsScreen />;
    case 'agent':
      return <AgentScreen name={current.name} />;
    case 'run':
    case 'turn':
    case 'wire':
    case 'fork':
      return <OneRun place={current} key={current.runId} />;
  }
}

type RunRoute = Extract<Route, { readonly runId: string }>;

function OneRun({ place }: { readonly place: RunRoute }): JSX.Element {
  const { runId } = place;
  const dumped = dumpedRuns.value.get(runId);
  const source = useMemo(() => dumped ?? new RunFollower(runId), [runId, dumped]);
  useEffect(() => () => source.close(), [source]);
  const isDump = dumped !== undefined;
  const problem = source.problem.value;
  return (
    <main class="screen">
      <RunHeader source={source} screen={place.screen} isDump={isDump} />
      {problem !== undefined && (
        <p class="problem" role="alert">
          <Text value={problem} />
        </p>
      )}
      {place.screen === 'run' && <RunScreen source={source} isDump={isDump} />}
      {place.screen === 'turn' && <TurnScreen source={source} place={place} key={`${place.path} ${place.turn}`} />}
      {place.screen === 'wire' && <WireScreen source={source} exchange={place.exchange} />}
      {place.screen === 'fork' && <ForkScreen source={source} before={place.before} beside={place.beside} />}
    </main>
  );
}

function NoSession(): JSX.Element {
  const problem = sessionProblem.value;
  if (problem === undefined) return <p class="empty">Loading…</p>;
  return (
    <main class="no-session">
      <h1>Pawl inspector</h1>
      <p class="problem" role="alert">
        <Text value={problem.message} />
      </p>
      {problem.status === 401 && (
        <p>Open the address that the inspector printed when it began: it has the token that lets this browser in.</p>
      )}
      <button type="button" onClick={() => void openAgain()}>
        Try again
      </button>
    </main>
  );
}

function KeyHelp(): JSX.Element {
  return (
    <footer class="keys">
      <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> opens <kbd>a</kbd> approves <kbd>d</kbd> denies <kbd>Esc</kbd>{' '}
      back
    </footer>
  );
}
