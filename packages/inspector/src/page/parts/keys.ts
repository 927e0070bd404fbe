import { useLayoutEffect, useRef } from 'preact/hooks';

/** What a key does, by the key's name. Keys that are typed into a field, or pressed with Ctrl, Alt or Meta, do nothing here. */
export type KeyActions = Readonly<Record<string, (() => void) | undefined>>;

/** Lets keys act while the component is in the page. */
export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  // With the component, not after it was drawn: a key that is pressed between would do nothing.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || isField(event.target)) return;
      const action = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select') !== null;
}
