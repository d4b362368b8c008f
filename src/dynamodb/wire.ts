/** The part of DynamoDB's JSON protocol (version 2012-08-10) that is used here. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: AttributeMap }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] };

export interface AttributeMap {
  readonly [name: string]: AttributeValue;
}

/** DynamoDB's name for the type of a key attribute: number, string or binary. */
export type KeyType = 'N' | 'S' | 'B';

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

export interface TableDescription {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' }[];
  readonly AttributeDefinitions: readonly {
    readonly AttributeName: string;
    readonly AttributeType: KeyType;
  }[];
  readonly ItemCount?: number;
  readonly TableId?: string;
  /** Seconds since 1970. */
  readonly CreationDateTime?: number;
}

export interface GetItemInput {
  readonly TableName: string;
  readonly Key: AttributeMap;
  readonly ConsistentRead?: boolean;
}

export interface QueryInput {
  readonly TableName: string;
  readonly KeyConditionExpression: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: AttributeMap;
  readonly ConsistentRead?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: AttributeMap;
}

export interface QueryOutput {
  readonly Items: readonly AttributeMap[];
  readonly LastEvaluatedKey?: AttributeMap;
}

export interface ScanInput {
  readonly TableName: string;
  readonly FilterExpression?: string;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: AttributeMap;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: AttributeMap;
}

export interface DeleteItemInput {
  readonly TableName: string;
  readonly Key: AttributeMap;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: AttributeMap;
}

export interface UpdateItemOutput {
  readonly Attributes?: AttributeMap;
}

export interface DescribeTimeToLiveOutput {
  readonly TimeToLiveDescription?: {
    readonly TimeToLiveStatus?: 'ENABLING' | 'ENABLED' | 'DISABLING' | 'DISABLED';
    readonly AttributeName?: string;
  };
}

export type WriteRequest =
  | { readonly PutRequest: { readonly Item: AttributeMap } }
  | { readonly DeleteRequest: { readonly Key: AttributeMap } };

export interface BatchWriteOutput {
  readonly UnprocessedItems?: Readonly<Record<string, readonly WriteRequest[]>>;
}
