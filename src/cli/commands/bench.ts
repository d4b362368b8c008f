import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidArgumentError } from 'commander';
import type { Bench } from '../bench-contract.ts';
import { defineCommand, optionalArgument, parsed, toggle } from '../command.ts';
import { CliError, EXIT_DONE, EXIT_FAILED, usageError } from '../errors.ts';
import { write, writeJson, type CliIo } from '../io.ts';

type BuildIfStale = (options: {
  root: string;
  project: string;
  outDir: string;
  inputs: readonly string[];
}) => Promise<string | undefined>;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const benchCommand = defineCommand({
  name: 'bench',
  summary: 'run a benchmark on this machine',
  description:
    'Runs one of the benchmarks of the repository and prints its measurements; without a name, lists the ' +
    'benchmarks and their settings. A benchmark verifies its results before it reports a speed, and exits ' +
    'with 1 if they are wrong.',
  examples: [
    ['bench', 'list the benchmarks and their settings'],
    ['bench engine --json', 'measure the engine, from JSON bytes to changed profiles; print JSON'],
    ['bench engine --set events=500000', 'a shorter run of the same benchmark'],
  ],
  args: { name: optionalArgument('benchmark to run') },
  flags: {
    json: toggle('print the result as one JSON document'),
    set: parsed('<name=value>', 'set a parameter of the benchmark (repeatable)', collectSetting),
  },
  async run(io, { name }, flags) {
    const names = benchNames();
    if (name === undefined) return list(names, io, flags.json === true);
    if (!names.includes(name)) {
      throw usageError(`unknown benchmark ${name}`, `the benchmarks are: ${names.join(', ')}`);
    }
    const bench = await load(name);
    const settings = flags.set ?? new Map<string, string>();
    for (const setting of settings.keys()) {
      if (Object.hasOwn(bench.settings, setting)) continue;
      const known = Object.keys(bench.settings).join(', ');
      throw usageError(`benchmark ${name} has no setting ${setting}`, `its settings are: ${known}`);
    }
    const outcome = await bench.run({ settings, progress: (line) => io.stderr.write(`${line}\n`) });
    if (flags.json === true) await writeJson(io.stdout, outcome.result);
    else await write(io.stdout, `${outcome.text.join('\n')}\n`);
    return outcome.valid ? EXIT_DONE : EXIT_FAILED;
  },
});

function collectSetting(
  text: string,
  before: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError('expected NAME=VALUE');
  return new Map(before).set(text.slice(0, equals), text.slice(equals + 1));
}

function benchNames(): readonly string[] {
  const folder = join(ROOT, 'bench');
  if (!existsSync(folder)) {
    throw new CliError('the benchmarks are not part of the installed package', {
      hint: 'run them from a clone of the repository',
    });
  }
  return readdirSync(folder)
    .filter(
      (file) =>
        file.endsWith('.ts') && /^export const bench\b/m.test(readFileSync(join(folder, file), 'utf8')),
    )
    .map((file) => file.slice(0, -'.ts'.length))
    .toSorted();
}

/** Compiles the benchmarks and the sources they measure if the last build is out of date, and imports one. */
async function load(name: string): Promise<Bench> {
  const build = (await import(pathToFileURL(join(ROOT, 'bin/build.js')).href)) as {
    buildIfStale: BuildIfStale;
  };
  const failed = await build.buildIfStale({
    root: ROOT,
    project: 'tsconfig.bench.json',
    outDir: 'dist-bench',
    inputs: ['src', 'bench', 'tsconfig.json', 'tsconfig.bench.json'],
  });
  if (failed !== undefined) throw new CliError(failed);
  const module = (await import(pathToFileURL(join(ROOT, 'dist-bench/bench', `${name}.js`)).href)) as {
    bench: Bench;
  };
  return module.bench;
}

async function list(names: readonly string[], io: CliIo, json: boolean): Promise<number> {
  const benches: { name: string; bench: Bench }[] = [];
  for (const name of names) benches.push({ name, bench: await load(name) });
  if (json) {
    const listed = benches.map(({ name, bench }) => ({
      name,
      summary: bench.summary,
      settings: bench.settings,
    }));
    await writeJson(io.stdout, listed);
    return EXIT_DONE;
  }
  const lines = benches.flatMap(({ name, bench }) => [
    `${name.padEnd(12)} ${bench.summary}`,
    ...Object.entries(bench.settings).map(
      ([setting, meaning]) => `${' '.repeat(15)}--set ${setting}=…  ${meaning}`,
    ),
  ]);
  await write(io.stdout, `${lines.join('\n')}\n`);
  return EXIT_DONE;
}
