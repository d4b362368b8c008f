import type { Unchecked } from '../../sql/bind/bind-statements.ts';
import { TARGETS } from '../../sql/target/targets.ts';
import { argument, choice, defineCommand, toggle, type Values } from '../command.ts';
import { EXIT_DONE, EXIT_FAILED } from '../errors.ts';
import { countOf } from '../format/count.ts';
import { write, writeJson, type CliIo } from '../io.ts';
import { loadFolder } from '../pipeline-folder.ts';

const FLAGS = {
  target: choice(
    '<engine>',
    'engine to check for; risingwave checks for both engines',
    ['embedded', ...TARGETS.keys()],
    'embedded',
  ),
  denyWarnings: toggle('exit with 1 if there are warnings'),
  json: toggle('print the findings as one JSON document'),
};
type CheckFlags = Values<typeof FLAGS>;

export const checkCommand = defineCommand({
  name: 'check',
  summary: 'check a pipeline for errors and misleading definitions',
  description:
    'Parses and binds the .sql files of a pipeline, and warns about definitions that run but do not compute ' +
    'what their names suggest. Reports all findings at once, each with file, line and column. Exits with 0 if ' +
    'there are no errors (warnings are allowed), otherwise with 1. --target risingwave also reports what ' +
    'RisingWave refuses (errors) or answers differently (warnings); it may still refuse a pipeline that ' +
    'passes. `freshet explain-code F001` explains the code of a finding.',
  examples: [
    ['check pipelines/viewer-engagement', 'all errors and warnings'],
    ['check pipelines/viewer-engagement --json', 'the same as JSON, for a script or an editor'],
    ['check pipelines/viewer-engagement --target risingwave', 'also report what RisingWave would refuse'],
    ['check pipelines/viewer-engagement --deny-warnings', 'in CI: fail on warnings too'],
  ],
  args: {
    dir: argument('folder of .sql files'),
  },
  flags: FLAGS,
  run: (io, { dir }, flags) => check(io, dir, flags),
});

async function check(io: CliIo, dir: string, flags: CheckFlags): Promise<number> {
  const { pipeline, diagnostics, unchecked, files, pathOf, render } = await loadFolder(io, dir, flags.target);
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const failed = errors > 0 || (flags.denyWarnings === true && warnings > 0);
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
          file: pathOf(span.file),
          start: lineColumn(text, span.start),
          end: lineColumn(text, span.end),
        };
      }),
      unchecked: unchecked.map(({ kind, name, because }) => ({ kind, name, because })),
    });
    return failed ? EXIT_FAILED : EXIT_DONE;
  }
  for (const diagnostic of diagnostics) await write(io.stdout, `${render(diagnostic, io.stdout)}\n\n`);
  if (unchecked.length > 0) await write(io.stdout, `${unchecked.map(notChecked).join('\n')}\n\n`);
  if (diagnostics.length > 0) {
    const codes = [...new Set(diagnostics.map((d) => d.code))].toSorted();
    await write(io.stdout, `for what a code means, run: freshet explain-code ${codes.join(' | ')}\n\n`);
  }
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
  return failed ? EXIT_FAILED : EXIT_DONE;
}

function notChecked({ kind, name, because }: Unchecked): string {
  const inputs =
    because.length === 1 ? `its input ${because[0]} has` : `its inputs ${because.join(', ')} have`;
  return `only partly checked: ${kind} ${name}, because ${inputs} an error`;
}
