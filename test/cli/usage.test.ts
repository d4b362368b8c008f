import { describe, expect, it } from 'vitest';
import { cli } from './support/run-cli.ts';

const REPLAY = ['replay', 'pipelines/viewer-engagement', '--as-of', '2026-01-01'];

describe('wrong usage exits with 2, and stderr says what is wrong and what to do:', () => {
  it.each<[string, readonly string[], RegExp]>([
    [
      'a misspelt command',
      ['chekc', 'x'],
      /unknown command 'chekc'\n\(Did you mean check\?\)\nhint: run freshet --help/,
    ],
    ['a misspelt option', ['check', 'x', '--jsno'], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
    ['a missing argument', ['check'], /missing required argument 'dir'\nhint: run freshet check --help/],
    ['one argument too many', ['check', 'a', 'b'], /too many arguments/],
    ['a folder that does not exist', ['check', 'nosuch'], /no such folder: nosuch\nhint: /],
    ['a file instead of a folder', ['check', 'package.json'], /not a folder: package\.json\nhint: /],
    [
      'an unknown target',
      ['check', 'pipelines/as-published', '--target', 'x'],
      /Allowed choices are embedded, risingwave/,
    ],
    ['a port out of range', ['serve', '--port', '70000'], /argument '70000' is invalid\. expected a port/],
    ['an address from a variable that is not set', ['serve', '--host='], /option --host is empty\nhint: /],
    ['an empty --state', ['dev', '--state', ''], /option --state is empty/],
    ['an empty <dir>', ['check', ''], /argument <dir> is empty/],
    [
      'two output formats at once',
      ['dead-letters', 'list', '.', '--json', '--payloads'],
      /'--payloads' cannot be used with option '--json'/,
    ],
    ['--json without --dry-run', ['run', 'pipelines/viewer-engagement', '--json'], /--json needs --dry-run/],
    [
      'a missing option',
      [...REPLAY, '--select', 'viewers'],
      /required option '--input <source=file\.\.\.>' not specified/,
    ],
    [
      'an unreadable time',
      ['replay', 'x', '--as-of', 'yesterday'],
      /argument 'yesterday' is invalid\. expected a time/,
    ],
    ['an input without a source', [...REPLAY, '--input', 'a.ndjson'], /expected SOURCE=FILE/],
    [
      'an unknown source',
      [...REPLAY, '--input', 'view_event=package.json', '--select', 'viewers'],
      /no source named view_event\nhint: did you mean "view_events"\?/,
    ],
    [
      'an input that does not exist',
      [...REPLAY, '--input', 'view_events=nosuch.ndjson', '--select', 'viewers'],
      /no such file: nosuch\.ndjson/,
    ],
    [
      'an unknown view',
      [...REPLAY, '--input', 'view_events=package.json', '--select', 'viewer_histry'],
      /no materialized view named viewer_histry\nhint: did you mean "viewer_history"\?/,
    ],
    [
      'a plain view',
      [...REPLAY, '--input', 'view_events=package.json', '--select', 'watch_events'],
      /watch_events is a plain view, which stores no rows\nhint: /,
    ],
    [
      'a sink without --items',
      [...REPLAY, '--input', 'view_events=package.json', '--select', 'viewer_watch_sink'],
      /viewer_watch_sink is a sink\nhint: add --items/,
    ],
    [
      '--items of a view without a sink',
      [...REPLAY, '--input', 'view_events=package.json', '--select', 'viewers', '--items'],
      /no sink reads viewers\nhint: /,
    ],
    [
      'an unknown view to explain',
      ['explain', 'pipelines/as-published', 'nope'],
      /named nope\nhint: it has: view_events,/,
    ],
    [
      'an unknown setting of a benchmark that has the name of a property of Object.prototype',
      ['bench', 'engine', '--set', 'toString=1'],
      /no setting toString\nhint: its settings are: /,
    ],
    [
      'an unknown benchmark',
      ['bench', 'engin'],
      /unknown benchmark engin\nhint: the benchmarks are: .*\bengine\b/,
    ],
  ])('%s', async (_, argv, message) => {
    const { code, stdout, stderr } = await cli(argv);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('without a command prints the help on stderr', async () => {
    const { code, stdout, stderr } = await cli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Commands:');
  });
});

it('prints help and version on stdout and exits with 0', async () => {
  expect(await cli(['--version'])).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  const help = await cli(['replay', '--help']);
  expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' });
  expect(help.stdout).toContain('Examples:');
});
