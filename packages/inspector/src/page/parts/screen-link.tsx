import type { JSX } from 'preact';
import { formatRoute, type Route } from '../view/route.ts';

interface ScreenLinkProps {
  readonly name: string;
  readonly to: Route;
  readonly isCurrent: boolean;
}

/** A link to a screen in a navigation. */
export function ScreenLink({ name, to, isCurrent }: ScreenLinkProps): JSX.Element {
  return (
    <a href={formatRoute(to)} aria-current={isCurrent ? 'page' : undefined}>
      {name}
    </a>
  );
}
