export { hostConformance } from './conformance.ts';
export { HostContractError } from './expect.ts';
export { FaultyHost, type KillPoint } from './fragile-host.ts';
export { HostWrapper } from './host-around.ts';
export type { ConformanceCase, HostUnderTest } from './kit.ts';
