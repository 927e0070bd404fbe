export type { ManualClock, ManualClockOptions } from './clock/manual-clock.ts';
export { manualClock } from './clock/manual-clock.ts';
export type { FaultName, Faults, ModelFaultName } from './faults/with-faults.ts';
export { FAULT_NAMES, HARD_FAULT_NAMES, withFaults } from './faults/with-faults.ts';
export type { ScriptedModel, ScriptedModelOptions } from './model/scripted-model.ts';
export { scriptedModel } from './model/scripted-model.ts';
export type { BlockNetworkOptions } from './network/block-network.ts';
export { blockNetwork, NetworkBlockedError } from './network/block-network.ts';
export { offlineModel } from './offline-model/offline-model.ts';
export { ScriptError } from './script/errors.ts';
export type { RecordedRequest } from './script/recorded-request.ts';
export type {
  BodyOptions,
  CallEntry,
  CallOptions,
  CallsOptions,
  CustomCallEntry,
  HttpErrorOptions,
  InterruptionOptions,
  ResetOptions,
  StallOptions,
  StreamErrorOptions,
} from './script/respond.ts';
export { respond } from './script/respond.ts';
export type { ExpectedRequest, ExpectingResponse, ScriptEntries, ScriptFunction } from './script/script.ts';
export type {
  DelayedResponse,
  Interruption,
  MessageOptions,
  ScriptedBodyResponse,
  ScriptedCall,
  ScriptedCustomCall,
  ScriptedCutResponse,
  ScriptedErrorBodyResponse,
  ScriptedFunctionCall,
  ScriptedHttpErrorResponse,
  ScriptedMessage,
  ScriptedMessageResponse,
  ScriptedModelResponse,
  ScriptedRawResponse,
  ScriptedResetResponse,
  ScriptedResponse,
  ScriptedSseResponse,
  ScriptedStallResponse,
  ScriptedStreamErrorResponse,
  ScriptedWireResponse,
} from './script/scripted-response.ts';
export { checkHistory } from './server/check-history.ts';
export type { OfflineServer, OfflineServerOptions } from './server/offline-server.ts';
export { offlineServer } from './server/offline-server.ts';
export type { TestedCall, TestToolOptions, ToolUnderTest } from './tool/test-tool.ts';
export { testTool } from './tool/test-tool.ts';
export { withRecordedTools } from './tool/with-recorded-tools.ts';
