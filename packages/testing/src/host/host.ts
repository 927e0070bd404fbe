export { hostConformance } from './conformance.ts';
export { HostContractError } from './expect.ts';
export { FaultyHost, type KillPoint } from './faulty-host.ts';
export { HostWrapper } from './host-wrapper.ts';
export type { ConformanceCase, HostUnderTest } from './kit.ts';
