import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { escapeText } from '../view/escape-text.ts';
import { formatBytes } from '../view/format-value.ts';

/** Longer texts are shown in part: a browser needs long to lay out a line of a megabyte. */
const SHOWN_LENGTH = 4_000;

/** A short text of a run: a name, a reason. Text is only ever text. */
export function Text({ value }: { readonly value: string }): JSX.Element {
  return <>{escapeText(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value)}</>;
}

/** A text of any length, with its line breaks. */
export function LongText({ value, label }: { readonly value: string; readonly label: string }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  const isLong = value.length > SHOWN_LENGTH && !isWhole;
  return (
    <section class="long" aria-label={label}>
      <pre>
        {isWhole
          ? splitText(value).map((part, index) => <span key={String(index)}>{escapeText(part)}</span>)
          : escapeText(isLong ? cutText(value) : value)}
      </pre>
      {isLong && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          Show all {formatBytes(value.length)}
        </button>
      )}
    </section>
  );
}

/** Cuts at a whole character. */
function cutText(value: string): string {
  const last = value.charCodeAt(SHOWN_LENGTH - 1);
  const isHalf = last >= 0xd800 && last < 0xdc00;
  return `${value.slice(0, isHalf ? SHOWN_LENGTH - 1 : SHOWN_LENGTH)}…`;
}

/** A browser lays out many short boxes much faster than a line of a megabyte, and leaves out those that cannot be seen. */
function splitText(value: string): readonly string[] {
  return value.match(/.{1,2000}\n|.{1,2000}(?![\udc00-\udfff])|./gs) ?? [];
}
