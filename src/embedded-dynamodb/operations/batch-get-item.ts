import { capacitiesText, jsonObject } from '../answer.ts';
import { invalid } from '../api-error.ts';
import { readUnits } from '../capacity.ts';
import { parseProjection, project } from '../expressions/projection.ts';
import type { Path } from '../expressions/path.ts';
import { checkedTableName, Request, violated } from '../request.ts';
import { checkKey, placeOf } from '../table-definition.ts';
import { itemOf } from '../table.ts';
import { itemText, parseItem, type Item } from '../value.ts';
import type { Operation } from './operation.ts';

const MAX_KEYS = 100;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

interface Wanted {
  readonly name: string;
  readonly keys: readonly Item[];
  readonly paths: readonly Path[] | undefined;
  readonly isConsistent: boolean;
  /** The table's part of the request, from which UnprocessedKeys is built. */
  readonly given: object;
}

/** Leaves items unprocessed that would make the response longer than 16 MB. */
export const batchGetItem: Operation = (request, { store }) => {
  const report = request.capacityReport();
  const wanted = request.entries('RequestItems').map(([name, given]) => readWanted(name, given));
  if (wanted.length === 0) {
    throw violated('requestItems', '{}', 'Member must have length greater than or equal to 1');
  }
  if (wanted.reduce((sum, { keys }) => sum + keys.length, 0) > MAX_KEYS) {
    throw invalid('Too many items requested for the BatchGetItem call');
  }
  let room = MAX_ANSWER_BYTES;
  const responses = new Map<string, string[]>();
  const unprocessed = new Map<string, object>();
  const units = new Map<string, number>();
  for (const { name, keys, paths, isConsistent, given } of wanted) {
    const table = store.table(name);
    const places = keys.map((key) => {
      checkKey(table.definition, key);
      return placeOf(table.definition, key);
    });
    if (new Set(places).size < places.length) {
      throw invalid('Provided list of item keys contains duplicates');
    }
    const texts: string[] = [];
    const left: Item[] = [];
    let used = 0;
    for (const [i, place] of places.entries()) {
      const found = table.items.get(place);
      if (found !== undefined && found.bytes > room) {
        left.push(keys[i]!);
        continue;
      }
      room -= found?.bytes ?? 0;
      used += readUnits(found?.bytes ?? 0, isConsistent);
      if (found === undefined) continue;
      texts.push(paths === undefined ? found.text : itemText(project(itemOf(found), paths)));
    }
    responses.set(name, texts);
    units.set(name, used);
    if (left.length > 0) {
      unprocessed.set(name, { ...given, Keys: left.map((key) => JSON.parse(itemText(key)) as object) });
    }
  }
  return jsonObject({
    Responses: `{${[...responses].map(([name, texts]) => `"${name}":[${texts.join(',')}]`).join(',')}}`,
    UnprocessedKeys: JSON.stringify(Object.fromEntries(unprocessed)),
    ConsumedCapacity: capacitiesText(report, units),
  });
};

function readWanted(name: string, given: unknown): Wanted {
  checkedTableName(name);
  const request = new Request(given);
  const keys = request.list('Keys').map((key) => parseItem(key));
  if (keys.length === 0) {
    throw violated('keys', '[]', 'Member must have length greater than or equal to 1');
  }
  const { ProjectionExpression: paths } = request.expressions({ ProjectionExpression: parseProjection });
  return { name, keys, paths, isConsistent: request.flag('ConsistentRead'), given: given as object };
}
