import type { JSX } from 'preact';
import type { BudgetView, LimitView } from '../../api.ts';
import { formatCost, formatCount, formatDuration } from '../view/format-value.ts';
import { Text } from './text.tsx';

/** What a run has spent of its limits, and what it may still spend. A limit of which nothing is spent says nothing. */
export function Budget({ budget }: { readonly budget: BudgetView }): JSX.Element | null {
  const limits = budget.limits.filter(({ max, spent, reserved }) => max !== null && (spent > 0 || (reserved ?? 0) > 0));
  if (limits.length === 0) return null;
  return (
    <section class="budget" aria-label="Budget">
      {limits.map((limit) => (
        <LimitMeter key={limit.name} limit={limit} />
      ))}
    </section>
  );
}

function LimitMeter({ limit }: { readonly limit: LimitView }): JSX.Element {
  const { name, max, spent, reserved, left, spentBy } = limit;
  const show = (value: number): string => formatLimit(name, value);
  const shares = spentBy.map(({ agent, tool, spent: share }) => `${tool ?? agent} ${show(share)}`).join(', ');
  const level = max === null ? 0 : spent / max;
  return (
    <div class="limit" title={shares === '' ? undefined : `Spent by ${shares}`}>
      <div class="limit-text">
        <span>{name}</span>
        <span>
          {show(spent)}
          {max === null ? '' : ` of ${show(max)}`}
        </span>
      </div>
      {max !== null && (
        <div class={`meter ${level >= 1 ? 'meter-full' : level >= 0.8 ? 'meter-near' : ''}`} aria-hidden="true">
          <div class="meter-spent" style={{ width: toPercent(level) }} />
          <div class="meter-reserved" style={{ width: toPercent((reserved ?? 0) / max) }} />
        </div>
      )}
      <div class="limit-more">
        {left !== null && `${show(left)} left`}
        {reserved !== null && reserved > 0 && `, ${show(reserved)} reserved`}
        {shares !== '' && (
          <span class="shares">
            <Text value={shares} />
          </span>
        )}
      </div>
    </div>
  );
}

function toPercent(part: number): string {
  return `${Math.min(100, Math.max(0, part * 100))}%`;
}

function formatLimit(name: string, value: number): string {
  if (name === 'cost') return formatCost(value);
  return name === 'durationMs' ? formatDuration(value) : formatCount(Math.round(value));
}
