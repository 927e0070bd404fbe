export { hostConformance } from './conformance.ts';
export { BrokenPromise } from './expect.ts';
export { FragileHost, type Kill } from './fragile-host.ts';
export { HostAround } from './host-around.ts';
export type { ConformanceCase, HostUnderTest } from './kit.ts';
