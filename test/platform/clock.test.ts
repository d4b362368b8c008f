import { expect, test } from 'vitest';
import { SYSTEM_CLOCK, fineWallClock } from '../../src/platform/clock.ts';

test('between two milliseconds of the wall clock, time advances steadily and never goes back', () => {
  let time_ms = 1_000_000;
  const steady_ms = (): number => time_ms - 400;
  const now_us = fineWallClock(() => Math.floor(time_ms), steady_ms);
  let last = now_us();
  for (let i = 0; i < 5000; i++) {
    time_ms += 0.05;
    const now = now_us();
    expect(now - last).toBe(50);
    last = now;
  }
});

test('after the machine slept or its time was set, the clock follows at once, forwards and backwards', () => {
  let wall_ms = 1_000_000;
  const now_us = fineWallClock(
    () => wall_ms,
    () => 5,
  );
  expect(now_us()).toBe(1_000_000_000);
  wall_ms += 8 * 3_600_000;
  expect(now_us()).toBe((1_000_000 + 8 * 3_600_000) * 1000);
  wall_ms -= 60_000;
  expect(now_us()).toBe(wall_ms * 1000);
});

test('the system clock agrees with the wall clock', () => {
  // Bounded by two readings of the wall clock, so that a paused process does not fail the test.
  const before_ms = Date.now();
  const now_ms = SYSTEM_CLOCK.now_us() / 1000;
  const after_ms = Date.now();
  expect(now_ms).toBeGreaterThan(before_ms - 5);
  expect(now_ms).toBeLessThan(after_ms + 5);
});
