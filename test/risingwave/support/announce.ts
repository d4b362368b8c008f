/** Says before the tests whether they run, and against what. */
export function setup(): void {
  const url = process.env['RISINGWAVE_URL'] ?? '';
  const line = '='.repeat(100);
  const text =
    url === ''
      ? 'SKIPPED: nothing was compared with a RisingWave, because RISINGWAVE_URL is not set. To run the tests:\n' +
        '  docker run --rm -p 4566:4566 --cpus 4 --memory 8g risingwavelabs/risingwave:v2.8.5 single_node\n' +
        '  RISINGWAVE_URL=postgres://root@localhost:4566/dev npm run test:risingwave'
      : `The tests use the RisingWave at ${placeOf(url)}, in a schema of their own, which they drop at the end.\n${aboutTopics()}${aboutItems()}`;
  process.stderr.write(`\n${line}\n${text}\n${line}\n\n`);
}

/** Says whether topics that RisingWave writes are read. */
function aboutTopics(): string {
  const brokers = process.env['RISINGWAVE_KAFKA'] ?? '';
  return brokers === ''
    ? 'SKIPPED: topics.test.ts, which reads what its sinks write to Kafka. To run it, set RISINGWAVE_KAFKA to the\n' +
        'host:port of a broker that RisingWave and this machine reach under the same address.'
    : `Its sinks write to topics of their own at ${brokers}, which the tests delete at the end.`;
}

/** Says whether the items of its DynamoDB sink are read. */
function aboutItems(): string {
  return (process.env['RISINGWAVE_IS_LOCAL'] ?? '') === ''
    ? '\nSKIPPED: dynamodb-sink.test.ts, which reads the items of its DynamoDB sink. To run it, set RISINGWAVE_IS_LOCAL=1\n' +
        'if RisingWave reaches 127.0.0.1 of this machine, as it does with docker run --network host.'
    : '';
}

/** Returns host and port of a URL, without user and password. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'RISINGWAVE_URL, which is not a URL';
}
