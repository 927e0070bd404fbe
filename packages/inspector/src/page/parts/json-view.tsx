import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { escapeText } from '../view/escape-text.ts';
import { LongText } from './text.tsx';

interface JsonProps {
  readonly value: unknown;
  readonly label: string;
  /** How many levels are open at first. @defaultValue 2 */
  readonly open?: number;
}

/** A JSON value as a tree. Levels are opened one by one, so that a large value costs nothing before. */
export function JsonView({ value, label, open = 2 }: JsonProps): JSX.Element {
  return (
    <section class="json" aria-label={label}>
      <JsonNode value={value} open={open} />
    </section>
  );
}

const MAX_CHILDREN = 200;

function JsonNode({ value, open }: { readonly value: unknown; readonly open: number }): JSX.Element {
  if (typeof value === 'string') return <JsonText value={value} />;
  if (typeof value !== 'object' || value === null) return <span class={`json-${typeof value}`}>{String(value)}</span>;
  const entries = Object.entries(value);
  const brackets = Array.isArray(value) ? (['[', ']'] as const) : (['{', '}'] as const);
  if (entries.length === 0) return <span>{brackets.join('')}</span>;
  if (isShort(entries)) return <ShortLevel entries={entries} brackets={brackets} />;
  return <JsonLevel entries={entries} brackets={brackets} open={open} />;
}

function JsonText({ value }: { readonly value: string }): JSX.Element {
  if (value.length > 400 || value.includes('\n')) return <LongText value={value} label="Text" />;
  return <span class="json-string">{escapeText(JSON.stringify(value))}</span>;
}

type Entries = readonly (readonly [string, unknown])[];

/** Whether a level fits in a line. */
function isShort(entries: Entries): boolean {
  let length = 0;
  for (const [name, value] of entries) {
    if (typeof value === 'object' && value !== null) return false;
    length += name.length + 6 + (typeof value === 'string' ? value.length : 8);
    if (length > 90) return false;
  }
  return !entries.some(([, value]) => typeof value === 'string' && value.includes('\n'));
}

function ShortLevel({ entries, brackets: [start, end] }: Omit<LevelProps, 'open'>): JSX.Element {
  return (
    <span>
      {start}{' '}
      {entries.map(([name, value], index) => (
        <span key={name}>
          {start === '{' && <span class="json-key">{escapeText(JSON.stringify(name))}: </span>}
          <JsonNode value={value} open={0} />
          {index < entries.length - 1 ? ', ' : ' '}
        </span>
      ))}
      {end}
    </span>
  );
}

interface LevelProps {
  readonly entries: Entries;
  readonly brackets: readonly [string, string];
  readonly open: number;
}

function JsonLevel({ entries, brackets: [start, end], open }: LevelProps): JSX.Element {
  const [isOpen, setOpen] = useState(open > 0);
  const [count, setCount] = useState(MAX_CHILDREN);
  const isList = start === '[';
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {start} {entries.length} {isList ? 'item' : 'field'}
        {entries.length === 1 ? '' : 's'} {isOpen ? '' : end}
      </summary>
      {isOpen && (
        <ul>
          {entries.slice(0, count).map(([name, value]) => (
            <li key={name}>
              <span class="json-key">{isList ? name : escapeText(JSON.stringify(name))}</span>{' '}
              <JsonNode value={value} open={open - 1} />
            </li>
          ))}
          {entries.length > count && (
            <button type="button" class="quiet" onClick={() => setCount(count + MAX_CHILDREN)}>
              Show {Math.min(MAX_CHILDREN, entries.length - count)} more of {entries.length}
            </button>
          )}
        </ul>
      )}
    </details>
  );
}
