// me.js PORT: GET /api/v1/auth/me on Fastify and postgres.js, for bench/compare accounts. DATABASE_URL says where the
// users are, TOKEN_SECRET what their tokens (JWT, HS256) are signed with.
import { createHmac, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import postgres from 'postgres';

const sql = postgres(process.env.DATABASE_URL, {
  max: 20,
  types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
});
const instant = { type: 'string', nullable: true };
const user = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    username: { type: 'string' },
    email: { type: 'string', nullable: true },
    role: { type: 'string' },
    email_verified_at: instant,
    disabled_at: instant,
    created_at: instant,
  },
};
const toInstant = (us) => (us === null ? null : new Date(us / 1000).toISOString());

function subject(header = '') {
  const [head, claims, mac] = header.replace(/^Bearer /, '').split('.');
  if (!mac) return null;
  const right = createHmac('sha256', process.env.TOKEN_SECRET).update(`${head}.${claims}`).digest();
  const shown = Buffer.from(mac, 'base64url');
  if (shown.length !== right.length || !timingSafeEqual(shown, right)) return null;
  const { sub, exp } = JSON.parse(Buffer.from(claims, 'base64url'));
  return exp > Date.now() / 1000 ? Number(sub) : null;
}

const app = Fastify();
app.get('/api/v1/auth/me', { schema: { response: { 200: user } } }, async (request, reply) => {
  const id = subject(request.headers.authorization);
  const [row] = id === null ? [] : await sql`SELECT id, username, email, role, email_verified_at, disabled_at, created_at
    FROM users WHERE id = ${id} AND disabled_at IS NULL`;
  if (!row) return reply.code(401).send({ detail: 'sign in' });
  return { ...row, email_verified_at: toInstant(row.email_verified_at), disabled_at: null, created_at: toInstant(row.created_at) };
});

await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
