import swaggerUi from '@fastify/swagger-ui';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';

/**
 * Allows only scripts of this server, and inline styles, which Swagger UI needs. Leaves out
 * `upgrade-insecure-requests`, since the server speaks plain HTTP.
 */
const SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** /docs: Swagger UI for /openapi.json. */
export function docsRoutes(): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: SECURITY_POLICY,
      theme: {
        title: 'Freshet API',
        css: [{ filename: 'theme.css', content: '.swagger-ui .topbar { display: none }' }],
      },
      uiConfig: { docExpansion: 'list', tryItOutEnabled: true, validatorUrl: null },
    });
  };
}
