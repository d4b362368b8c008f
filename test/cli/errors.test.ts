import { describe, expect, it } from 'vitest';
import { CliError, renderError, reportOf, usageError } from '../../src/cli/errors.ts';
import { SinkError } from '../../src/sinks/sink.ts';

describe('renderError', () => {
  it('prints the message and hint of wrong usage, without a stack', () => {
    expect(renderError(usageError('no such folder: x', 'name a folder'), false)).toBe(
      'error: no such folder: x\nhint: name a folder\n',
    );
  });

  it('prints an error of a component as a failure, not as an internal error', () => {
    const text = renderError(
      new SinkError('profiles', 'the table has another key', { hint: 'drop it' }),
      false,
    );
    expect(text).toBe('error: sink profiles: the table has another key\nhint: drop it\n');
  });

  it('explains an error of the operating system', () => {
    const inUse = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port: 8080 });
    expect(renderError(inUse, false)).toBe(
      'error: port 8080 is in use\nhint: stop the process that uses it, or choose another port with --port\n',
    );
  });

  it('says how to report an internal error, with the stack only on demand', () => {
    const fault = new TypeError('x is not a function');
    expect(renderError(fault, false)).toMatch(/^error: internal error: .*\nhint: .*FRESHET_DEBUG=1.*\n$/);
    expect(renderError(fault, true)).toContain('errors.test.ts');
  });

  it('maps wrong usage to exit code 2 and failures to 1', () => {
    expect(
      [usageError('x'), new CliError('x'), new Error('x'), 'x'].map((e) => reportOf(e).exitCode),
    ).toEqual([2, 1, 1, 1]);
  });
});
