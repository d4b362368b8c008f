import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { abortOnSignals } from '../../src/cli/signals.ts';

function setUp() {
  const source = new EventEmitter();
  const exits: number[] = [];
  let now_ms = 0;
  const signals = abortOnSignals({ source, now_ms: () => now_ms, forceExit: (code) => exits.push(code) });
  return { source, exits, signals, wait: (ms: number) => (now_ms += ms) };
}

it('ends cleanly on the first signal and at once on the second', () => {
  const { source, exits, signals, wait } = setUp();
  source.emit('SIGINT');
  expect(signals.signal.aborted).toBe(true);
  expect(exits).toEqual([]);
  wait(1000);
  source.emit('SIGTERM');
  expect(exits).toEqual([130]);
});

it('ignores a second signal that npm passes on for the same key press', () => {
  const { source, exits, wait } = setUp();
  source.emit('SIGINT');
  wait(20);
  source.emit('SIGINT');
  expect(exits).toEqual([]);
});

it('removes its listeners when disposed', () => {
  const { source, signals } = setUp();
  signals.dispose();
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0);
});
