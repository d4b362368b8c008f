import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector';

export interface ProfileLine {
  readonly share: number;
  readonly where: string;
}

/** Runs `f` under V8's sampling profiler. Returns the `lines` functions with the most self time, longest first. */
export async function profiled(f: () => void, lines: number): Promise<ProfileLine[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  f();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return selfTimes(profile).slice(0, lines);
}

function selfTimes(profile: Profiler.Profile): ProfileLine[] {
  const nodes = new Map(profile.nodes.map((n) => [n.id, n.callFrame]));
  const times = new Map<string, number>();
  let total = 0;
  profile.samples?.forEach((id, i) => {
    const { functionName, url } = nodes.get(id)!;
    const where =
      `${functionName === '' ? '(anonymous)' : functionName} ${url.split('/').slice(-2).join('/')}`.trim();
    const delta = profile.timeDeltas?.[i] ?? 0;
    times.set(where, (times.get(where) ?? 0) + delta);
    total += delta;
  });
  return [...times].map(([where, t]) => ({ where, share: t / total })).sort((a, b) => b.share - a.share);
}
