import type { Command } from 'commander';
import { Option } from 'commander';
import { command, type CliContext } from '../context.ts';
import { EXIT_DONE, EXIT_FAILED, usageError } from '../errors.ts';
import { countOf } from '../format/count.ts';
import { write, writeJson } from '../io.ts';
import { loadFolder } from '../pipeline-folder.ts';

interface CheckFlags {
  readonly json?: true;
  readonly target: 'embedded' | 'risingwave';
}

export function checkCommand(cli: CliContext): Command {
  return command({
    name: 'check',
    summary: 'find errors in a pipeline, and what runs but lies',
    description:
      'Parses and binds the .sql files of a pipeline and looks for definitions that run but do not mean what their ' +
      'names say. Exit code 0: no errors (there may be warnings), 1: errors.',
    examples: [
      ['check pipelines/viewer-engagement', 'errors and warnings, each with its place'],
      ['check pipelines/viewer-engagement --json', 'the same for a script or an editor'],
    ],
  })
    .argument('<dir>', 'folder of .sql files')
    .addOption(
      new Option('--target <engine>', 'what the pipeline is to run on')
        .choices(['embedded', 'risingwave'])
        .default('embedded'),
    )
    .option('--json', 'print one JSON document')
    .action(cli.action((dir: string, flags: CheckFlags) => check(cli, dir, flags)));
}

async function check({ io }: CliContext, dir: string, flags: CheckFlags): Promise<number> {
  if (flags.target === 'risingwave') {
    throw usageError(
      'checking for RisingWave is not supported yet',
      'leave out --target to check for the embedded engine',
    );
  }
  const { pipeline, diagnostics, files, render } = await loadFolder(io, dir);
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  if (flags.json === true) {
    const { lineColumn } = await import('../../sql/diagnostic.ts');
    await writeJson(io.stdout, {
      pipeline: dir,
      errors,
      warnings,
      diagnostics: diagnostics.map(({ span, ...rest }) => {
        const text = files.get(span.file) ?? '';
        return {
          ...rest,
          file: span.file,
          start: lineColumn(text, span.start),
          end: lineColumn(text, span.end),
        };
      }),
    });
    return errors > 0 ? EXIT_FAILED : EXIT_DONE;
  }
  for (const diagnostic of diagnostics) await write(io.stdout, `${render(diagnostic)}\n\n`);
  const found = [countOf(errors, 'error'), countOf(warnings, 'warning')].join(', ');
  const holds =
    pipeline === undefined
      ? ''
      : ` (${[
          countOf(pipeline.sources.length, 'source'),
          countOf(pipeline.views.length, 'materialized view'),
          countOf(pipeline.sinks.length, 'sink'),
        ].join(', ')})`;
  await write(io.stdout, `${dir}: ${found}${holds}\n`);
  return errors > 0 ? EXIT_FAILED : EXIT_DONE;
}
