import type { Json, Message } from '@pawl/core/chat';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ReplayRequest } from '../../api.ts';
import { findAgentView } from '../data/agents.ts';
import type { RunSource } from '../data/run-follower.ts';
import { forkRun, replayRun } from '../data/server.ts';
import { attempt, session } from '../data/state.ts';
import { listSteps } from '../view/compare-runs.ts';
import { escapeText } from '../view/escape-text.ts';
import { parseJsonField } from '../view/schema-form.ts';

interface FormProps {
  readonly source: RunSource;
  readonly before: string | undefined;
  readonly onBegun: (runId: string) => void;
}

type Mode = 'recorded' | 'live' | 'fork';

const MODES: readonly { readonly mode: Mode; readonly name: string; readonly hint: string }[] = [
  {
    mode: 'recorded',
    name: 'Replay, recorded',
    hint: 'The model is asked, and tools answer from the journal: no tool runs.',
  },
  {
    mode: 'live',
    name: 'Replay, live',
    hint: 'The model is asked, and tools run. Each non-idempotent call asks before.',
  },
  { mode: 'fork', name: 'Fork in the host', hint: 'A new run beside this one, which works like any other.' },
];

/** What is typed into the form. Empty texts are left out. */
interface Draft {
  readonly before: string;
  readonly input: string;
  readonly messages: string;
  readonly arguments: string;
  readonly result: string;
  readonly model: string;
}

/** The form that begins a fork or a replay. */
export function ForkForm({ source, before, onBegun }: FormProps): JSX.Element {
  const { runId } = source;
  const steps = listSteps(source.events.value);
  const [chosen, setMode] = useState<Mode | undefined>(undefined);
  const mode = chosen ?? (session.value?.hasReplay === true ? 'recorded' : 'fork');
  const [draft, setDraft] = useState<Draft>({ ...EMPTY, before: before ?? '' });
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const step = draft.before === '' ? (steps[0] ?? '') : draft.before;
  const begin = async (): Promise<void> => {
    const request = readDraft({ ...draft, before: step }, mode);
    setProblem(request.ok ? undefined : request.problem);
    if (!request.ok) return;
    const id = await attempt('The run has begun.', () => beginRun(runId, mode, request.value));
    if (id !== undefined) onBegun(id);
  };
  return (
    <form
      class="form fork-form"
      aria-label="Fork or replay"
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <Modes mode={mode} onMode={setMode} />
      <div class="field">
        <label for="before">Before the step</label>
        <select
          id="before"
          value={step}
          onChange={(event) => setDraft({ ...draft, before: event.currentTarget.value })}
        >
          {steps.map((name) => (
            <option key={name}>{escapeText(name)}</option>
          ))}
        </select>
      </div>
      <DraftFields
        {...{ draft, setDraft, mode }}
        isCall={/(^|\/)tool:/.test(step)}
        agent={source.state.value?.agent ?? ''}
      />
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="actions">
        <button type="submit" class="primary" disabled={steps.length === 0}>
          Begin
        </button>
      </div>
    </form>
  );
}

const EMPTY: Draft = { before: '', input: '', messages: '', arguments: '', result: '', model: '' };

function Modes({ mode, onMode }: { readonly mode: Mode; readonly onMode: (mode: Mode) => void }): JSX.Element {
  const modes = MODES.filter((each) => each.mode === 'fork' || session.value?.hasReplay === true);
  return (
    <fieldset class="choices">
      <legend>How</legend>
      {modes.map(({ mode: value, name, hint }) => (
        <label key={value}>
          <input type="radio" name="mode" checked={mode === value} onChange={() => onMode(value)} /> {name}
          <span class="hint"> {hint}</span>
        </label>
      ))}
      {session.value?.hasReplay !== true && (
        <p class="hint">
          A replay needs the agents of this process: pass them to inspect(), with @pawl/testing installed.
        </p>
      )}
    </fieldset>
  );
}

interface DraftProps {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly mode: Mode;
  readonly isCall: boolean;
  readonly agent: string;
}

function DraftFields({ draft, setDraft, mode, isCall, agent }: DraftProps): JSX.Element {
  const models = findAgentView(agent)?.models ?? [];
  const area = (name: 'input' | 'messages' | 'arguments' | 'result', label: string): JSX.Element => (
    <div class="field">
      <label for={`fork-${name}`}>{label}</label>
      <textarea
        id={`fork-${name}`}
        rows={2}
        spellcheck={false}
        value={draft[name]}
        onInput={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
      />
    </div>
  );
  return (
    <>
      {area('input', 'Another input at that point (optional)')}
      {area('messages', 'Another conversation before it, as JSON (optional)')}
      {mode !== 'fork' && isCall && area('arguments', 'Other arguments of the call, as JSON (optional)')}
      {mode !== 'fork' && isCall && area('result', 'Another result of the call, as JSON (optional)')}
      {mode !== 'fork' && models.length > 1 && (
        <div class="field">
          <label for="fork-model">Model</label>
          <select
            id="fork-model"
            value={draft.model}
            onChange={(event) => setDraft({ ...draft, model: event.currentTarget.value })}
          >
            <option value="">That of the agent</option>
            {models.map((model) => (
              <option key={model}>{model}</option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}

type Read<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: string };
type Begin = Omit<ReplayRequest, 'runId' | 'mode' | 'messages'> & { readonly messages?: Json };

/** Reads the form. Fields that the mode does not have are left out. */
function readDraft(draft: Draft, mode: Mode): Read<Begin> {
  const fields: [string, Json][] = [];
  for (const name of ['messages', 'arguments', 'result'] as const) {
    if (draft[name].trim() === '' || (mode === 'fork' && name !== 'messages')) continue;
    const parsed = parseJsonField(draft[name]);
    if (!parsed.ok) return { ok: false, problem: `${name}: ${parsed.problem}` };
    fields.push([name, parsed.value]);
  }
  const { before, input, model } = draft;
  const texts = { before, ...(input !== '' && { input }), ...(model !== '' && mode !== 'fork' && { model }) };
  return { ok: true, value: { ...texts, ...Object.fromEntries(fields) } };
}

async function beginRun(runId: string, mode: Mode, { messages, ...request }: Begin): Promise<string> {
  if (mode === 'fork') {
    const { before, input } = request;
    const fork = { before, ...(input !== undefined && { input }), ...(messages !== undefined && { messages }) };
    return (await forkRun(runId, fork)).id;
  }
  // The server checks that they are messages.
  const conversation = messages as unknown as readonly Message[] | undefined;
  const replay = { ...request, runId, mode, ...(conversation !== undefined && { messages: conversation }) };
  return (await replayRun(replay)).runId;
}
