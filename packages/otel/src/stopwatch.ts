/** Every runtime has it. It does not jump when the machine's time is set. */
declare const performance: { now(): number };

export function measureSeconds(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}

export function readTime(): number {
  return performance.now();
}
