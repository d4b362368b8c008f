// What users import as `freshet-sql/client`.
export { createProfileClient, type ProfileClient } from './profile-client.ts';
export type { ProfileSchema, DomainSchema, ColumnSchema, ProfileKeySchema } from './schema.ts';
export type { ProfileLayoutName, ViewerIdType } from './schema.ts';
export { packedReader } from './layouts/packed.ts';
export { dailyWindowsReader } from './layouts/daily-windows.ts';
export type { MoreLayouts } from './layouts/readers.ts';
export type { ProfileTypes } from './profile-client.ts';
export type { Absent, DayResult, DomainResult, Expired, ItemFacts, Present, Stale, Zero } from './result.ts';
export type { CacheOptions, HedgeOptions, ProfileClientOptions, ReadOptions } from './options.ts';
export type { PlanMeasurement, PlannedRequest, ReadPlan } from './read-plan.ts';
export type { ClientCounters } from './counters.ts';
export { signedTransport, type SignedTransportOptions } from './signed-transport.ts';
export { sdkTransport, type SdkCommands, type SdkDynamoDb } from './sdk-transport.ts';
export type { ReadOperation, Transport } from './transport.ts';
export type { ViewerId } from './viewer-key.ts';
export type { PlainJson } from './plain-json.ts';
export { ProfileReadError, type ReadErrorCode } from './read-error.ts';
export { DynamoDbError, type DynamoDbFault } from '../dynamodb/errors.ts';
