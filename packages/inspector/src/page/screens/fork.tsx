import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Replay, SavedTest } from '../../api.ts';
import type { RunSource } from '../data/run-follower.ts';
import { listReplays, readTest } from '../data/server.ts';
import { attempt, now, openRoute, session } from '../data/state.ts';
import { Comparison } from '../parts/comparison.tsx';
import { ForkForm } from '../parts/fork-form.tsx';
import { useKeys } from '../parts/keys.ts';
import { saveFile } from '../parts/save-file.ts';
import { LongText, Text } from '../parts/text.tsx';
import { formatTime } from '../view/format-value.ts';
import { formatRoute } from '../view/route.ts';

interface ForkProps {
  readonly source: RunSource;
  readonly before: string | undefined;
  /** The run to compare with. */
  readonly beside: string | undefined;
}

/** Begins another run at any step: a fork in the host, or a replay that has no effects. Then shows both side by side. */
export function ForkScreen({ source, before, beside }: ForkProps): JSX.Element {
  const { runId } = source;
  useKeys({ Escape: () => openRoute({ screen: 'run', runId }) });
  return (
    <div class="fork">
      <ForkForm source={source} before={before} onBegun={(id) => openRoute({ screen: 'fork', runId, beside: id })} />
      {session.value?.hasReplay === true && <Replays runId={runId} beside={beside} />}
      {session.value?.hasReplay === true && <SaveTest runId={runId} />}
      {beside !== undefined && <Comparison source={source} beside={beside} key={beside} />}
    </div>
  );
}

function Replays({
  runId,
  beside,
}: {
  readonly runId: string;
  readonly beside: string | undefined;
}): JSX.Element | null {
  const [replays, setReplays] = useState<readonly Replay[]>([]);
  useEffect(() => {
    listReplays().then(
      ({ data }) => setReplays(data.filter(({ sourceRunId }) => sourceRunId === runId)),
      () => undefined, // The list is an extra: the form says what fails.
    );
  }, [runId, beside]);
  if (replays.length === 0) return null;
  return (
    <nav class="replays" aria-label="Replays of this run">
      Replays, in the memory of the inspector:
      {replays.map((replay) => (
        <a
          key={replay.runId}
          href={formatRoute({ screen: 'fork', runId, beside: replay.runId })}
          aria-current={replay.runId === beside ? 'true' : undefined}
        >
          <Text value={`${replay.mode} before ${replay.before}, ${formatTime(replay.createdAt, now.value)}`} />
        </a>
      ))}
    </nav>
  );
}

function SaveTest({ runId }: { readonly runId: string }): JSX.Element {
  const [saved, setSaved] = useState<SavedTest | undefined>(undefined);
  const save = async (): Promise<void> => {
    setSaved(await attempt('The test is made. Save its files in one folder.', () => readTest(runId)));
  };
  return (
    <section class="save-test" aria-label="Test of this run">
      <button type="button" onClick={() => void save()}>
        Save as test
      </button>{' '}
      <span class="hint">A cassette and a test that replays this run without a server.</span>
      {saved?.files.map(({ name, text }) => (
        <details key={name}>
          <summary>
            <Text value={name} />
          </summary>
          <button type="button" onClick={() => saveFile(name, text)}>
            Save {name}
          </button>
          <LongText label={name} value={text} />
        </details>
      ))}
    </section>
  );
}
