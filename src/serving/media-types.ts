import type { FastifyInstance } from 'fastify';
import { ApiProblem } from './problem.ts';

/** Makes `app` refuse bodies of types without a parser with 415; the problem lists the `supported` types. */
export function refuseOtherTypes(app: FastifyInstance, supported: readonly string[]): void {
  app.addContentTypeParser('*', (request, _body, done) => {
    const given = request.headers['content-type'];
    const what =
      given === undefined
        ? 'the content-type header is missing'
        : `the content type ${JSON.stringify(given.slice(0, 100))} is not supported`;
    done(new ApiProblem('unsupported-media-type', 415, `${what}; send ${supported.join(' or ')}`));
  });
}
