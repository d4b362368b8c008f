import { LocalTopic } from '../../../src/sources/log/topic.ts';

// Appends records to the topic in argv[2] until it is killed, and prints the range of each acknowledged append.
const directory = process.argv[2]!;
const topic = await LocalTopic.open(directory, { segmentBytes: 20_000 });
process.stdout.write(`open ${topic.nextOffset}\n`);
let number = 0;

async function appendForever(): Promise<never> {
  for (;;) {
    const n = 1 + (number % 7);
    const texts = Array.from(
      { length: n },
      () => `record ${process.pid} ${number++} ${'x'.repeat(number % 300)}`,
    );
    const starts: number[] = [];
    const ends: number[] = [];
    let at = 0;
    for (const text of texts) {
      starts.push(at);
      ends.push((at += text.length));
    }
    const bytes = Buffer.from(texts.join(''));
    const { firstOffset } = await topic.append({
      bytes,
      starts: Int32Array.from(starts),
      ends: Int32Array.from(ends),
      count: n,
    });
    process.stdout.write(texts.map((text, i) => `${firstOffset + i} ${text}\n`).join(''));
  }
}

await Promise.all(Array.from({ length: 8 }, appendForever));
