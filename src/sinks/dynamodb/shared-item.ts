import type { PlanColumn } from '../../plan/nodes.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import {
  BOOKKEEPING,
  DOMAINS_ATTRIBUTE,
  EXPIRES_AT_ATTRIBUTE,
  LEAVING_ATTRIBUTE,
  domainVersion,
  domainWrittenAt,
} from '../../dynamodb/bookkeeping.ts';
import { SinkError } from '../sink.ts';
import { attributesOf, checkSize, encodeAttribute, type Attribute } from './item-attributes.ts';
import type { ItemLayout, Row } from './layout.ts';
import { DYNAMODB, type DynamoDbSinkSettings } from './options.ts';
import { updateTexts } from './update-texts.ts';

/** A layout in which the domains of a viewer share items, and each row updates its own attributes of one item. */
export interface SharedItem extends Pick<ItemLayout, 'keyAttributes' | 'own' | 'encodeKey'> {
  /** Names the domain in the item. */
  readonly tag: string;
  readonly columns: readonly PlanColumn[];
  /** Returns the time at which the item of row `i` expires, in seconds since 1970; absent if items never expire. */
  expiresAt_s?(row: Row, i: number): number;
}

/**
 * Returns the layout. A write takes effect only if the item has no newer version of the row, so sinks and processes may
 * write the same item at the same time, and a request that takes effect late is refused. When a row leaves, its version
 * stays in the item, for as long as other domains have a row there or an older put may come (LateWrites).
 */
export function sharedItemLayout(def: SinkDef, item: SharedItem, settings: DynamoDbSinkSettings): ItemLayout {
  const { tag, keyAttributes, own, encodeKey, expiresAt_s } = item;
  checkNames(def, item, settings);
  const attributes = attributesOf(item.columns, def.primaryKey);
  const texts = updateTexts({
    table: settings.table,
    names: attributes.map(({ name }) => name),
    tag,
    expires: expiresAt_s !== undefined,
  });
  if (texts.expressionBytes > MAX_EXPRESSION_BYTES) {
    throw new SinkError(
      def.name,
      `an update of ${attributes.length} columns is longer than DynamoDB allows`,
      {
        hint: `select fewer columns, or use freshet.layout = 'domain'`,
        option: LAYOUT,
      },
    );
  }
  const encodeValues = (row: Row, i: number): string =>
    attributes.map((each, k) => `,":${k}":${encodeAttribute(each, row[each.column]!, i)}`).join('');
  return {
    keyAttributes,
    own,
    sentBy: 'update',
    parts: undefined,
    encodeKey,
    encodePut: (key, _part, row, i, stamp) => {
      const expires_s = expiresAt_s?.(row, i);
      if (expires_s !== undefined && expires_s * 1000 <= stamp.written_at_ms) return undefined;
      const values = encodeValues(row, i);
      checkSize(values.slice(1));
      return texts.put(key, values, stamp, expires_s);
    },
    encodeEnd: (key, _part, row, i, stamp, ending) => texts.end(key, stamp, ending, expiresAt_s?.(row, i)),
    itemsOf: (key, row, i, now_ms) => {
      const expires_s = expiresAt_s?.(row, i);
      if (expires_s !== undefined && expires_s * 1000 <= now_ms) return [];
      const expiry =
        expires_s === undefined ? '' : `,${JSON.stringify(EXPIRES_AT_ATTRIBUTE)}:{"N":"${expires_s}"}`;
      return [key + plainAttributes(attributes, row, i) + domainsText(tag) + expiry];
    },
  };
}

/** DynamoDB's limit on the text of an expression. */
const MAX_EXPRESSION_BYTES = 4096;
const LAYOUT = [DYNAMODB.options.layout.name];

function plainAttributes(attributes: readonly Attribute[], row: Row, i: number): string {
  const text = attributes
    .map((each) => `,${JSON.stringify(each.name)}:${encodeAttribute(each, row[each.column]!, i)}`)
    .join('');
  checkSize(text.slice(1));
  return text;
}

function domainsText(tag: string): string {
  return `,${JSON.stringify(DOMAINS_ATTRIBUTE)}:{"SS":[${JSON.stringify(tag)}]}`;
}

/** Throws SinkError if the layout cannot do without bookkeeping, or a column has the name of another attribute. */
function checkNames(
  def: SinkDef,
  { columns }: SharedItem,
  { layout, bookkeeping }: DynamoDbSinkSettings,
): void {
  if (!bookkeeping) {
    throw new SinkError(def.name, `layout '${layout}' needs freshet.bookkeeping = 'on'`, {
      hint: 'the version of each domain is what lets several sinks update one item; remove the option',
      option: [DYNAMODB.options.bookkeeping.name],
    });
  }
  const taken = columns.find(({ name }, i) => !def.primaryKey.includes(i) && isTaken(name));
  if (taken === undefined) return;
  throw new SinkError(def.name, `column "${taken.name}" has the name of a bookkeeping attribute`, {
    hint: `rename the column in the view: items of layout '${layout}' keep their own ${taken.name}`,
    option: LAYOUT,
  });
}

function isTaken(name: string): boolean {
  const own = [...BOOKKEEPING, DOMAINS_ATTRIBUTE, LEAVING_ATTRIBUTE, EXPIRES_AT_ATTRIBUTE];
  return own.includes(name) || name.startsWith(domainVersion('')) || name.startsWith(domainWrittenAt(''));
}
