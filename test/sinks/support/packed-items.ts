import { unpackItem } from '../../../src/client/windows/read.ts';
import type { AttributeMap } from '../../../src/dynamodb/wire.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { Pipeline, SinkDef } from '../../../src/plan/pipeline.ts';
import { itemFormatter } from '../../../src/sinks/dynamodb/item-formatter.ts';
import { windowProgram } from '../../../src/sinks/dynamodb/window-program.ts';
import { sinkView } from '../../../src/sinks/sink-view.ts';
import { evaluateView, type SourceRows } from '../../oracle/naive.ts';

/** Items by their key attribute `k`. */
export type Items = Readonly<Record<string, AttributeMap>>;

export function byKey(items: readonly AttributeMap[]): Items {
  return Object.fromEntries(items.map((item) => [JSON.stringify(item['k']), item]));
}

/** The sinks `plain` and `packed` of a test's pipeline, which read one view in different layouts. */
export function twoSinks({ sinks }: Pipeline): { readonly plain: SinkDef; readonly packed: SinkDef } {
  const named = (name: string): SinkDef => sinks.find((sink) => sink.name === name)!;
  return { plain: named('plain'), packed: named('packed') };
}

/** Returns the items of layout `domain` for the rows that a naive evaluation gives at an instant. */
export function expectedItems(pipeline: Pipeline, rows: SourceRows, now_us: number): Items {
  const { plain } = twoSinks(pipeline);
  const format = itemFormatter(plain, sinkView(plain, pipeline)!, now_us / 1000);
  const shown = evaluateView(pipeline, plain.from, rows, now_us);
  const items = shown.filter((row) => row[plain.primaryKey[0]!] !== null).flatMap(format);
  return byKey(items.map((item) => JSON.parse(item) as AttributeMap));
}

/** Returns the items that sink `packed` writes for the rows that the engine holds, with all their days. */
export function storedItems(pipeline: Pipeline, engine: Engine): readonly AttributeMap[] {
  const { packed } = twoSinks(pipeline);
  const format = itemFormatter(packed, sinkView(packed, pipeline)!, 0);
  const items: AttributeMap[] = [];
  for (const batch of engine.view(packed.from).scan()) {
    for (let i = 0; i < batch.n; i++) {
      const row = batch.row(i);
      if (row[packed.primaryKey[0]!] !== null) items.push(JSON.parse(format(row)[0]!) as AttributeMap);
    }
  }
  return items;
}

/** Returns what a reader makes of the stored items on a day. */
export function unpackedItems(pipeline: Pipeline, engine: Engine, today: number): Items {
  const program = windowProgram(twoSinks(pipeline).packed.buckets!.windows);
  const items = storedItems(pipeline, engine).map((item) => unpackItem(program, item, today));
  return byKey(items.filter((item) => item !== undefined));
}
