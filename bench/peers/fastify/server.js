// server.js PORT: the todo API on Fastify and postgres.js, for bench/compare todo; DATABASE_URL says where.
import Fastify from 'fastify';
import postgres from 'postgres';

const sql = postgres(process.env.DATABASE_URL, {
  max: 20,
  types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
});

const title = { type: 'string', minLength: 1, maxLength: 200, pattern: '\\S' };
const priority = { type: 'integer', minimum: 0, maximum: 9 };
const newTodo = {
  type: 'object',
  required: ['title'],
  properties: {
    title,
    description: { type: 'string', maxLength: 10000, default: '' },
    priority: { ...priority, default: 0 },
    due_date: { type: 'string', format: 'date-time', nullable: true, default: null },
    completed: { type: 'boolean', default: false },
  },
};
const todo = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    title: { type: 'string' },
    description: { type: 'string' },
    priority: { type: 'integer' },
    due_date: { type: 'string', nullable: true },
    completed: { type: 'boolean' },
    created_at: { type: 'string' },
    version: { type: 'integer' },
  },
};
const listOf = (items) => ({ type: 'array', items });
const wanted = {
  type: 'object',
  properties: { completed: { type: 'boolean' }, priority, limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 } },
};
const byId = { type: 'object', properties: { id: { type: 'integer' } } };

const instant = (us) => new Date(us / 1000).toISOString();
const micros = (text) => (text === null ? null : Date.parse(text) * 1000);
const ofRow = (row) => ({ ...row, due_date: row.due_date === null ? null : instant(row.due_date), created_at: instant(row.created_at) });
const made = (id, given, title, now) => ({ ...given, id, title, created_at: instant(now), version: 1 });
const columns = sql`id, title, description, priority, due_date, completed, created_at, version`;
const insert = sql`INSERT INTO todos (owner_id, title, description, priority, due_date, completed, created_at, version,
  folded_title, folded_description)`;

const unnested = process.env.TODO_BULK === 'unnest'; // a bulk as one array for each column, not a list of VALUES

const app = Fastify({ bodyLimit: 64 * 1024 * 1024 });

app.post('/api/todo', { schema: { body: newTodo, response: { 201: todo } } }, async (request, reply) => {
  const given = request.body;
  const title = given.title.trim();
  const now = Date.now() * 1000;
  const [row] = await sql`${insert} VALUES (1, ${title}, ${given.description}, ${given.priority}, ${micros(given.due_date)},
    ${given.completed}, ${now}, 1, ${title.toLowerCase()}, ${given.description.toLowerCase()}) RETURNING id`;
  reply.code(201);
  return made(row.id, given, title, now);
});

const newTodos = { ...listOf(newTodo), minItems: 1, maxItems: 1000 };
app.post('/api/todo/bulk', { schema: { body: newTodos, response: { 201: listOf(todo) } } }, async (request, reply) => {
  const given = request.body;
  const titles = given.map((one) => one.title.trim());
  const texts = given.map((one) => one.description);
  const now = Date.now() * 1000;
  if (!unnested) {
    const list = given.map((one, i) => ({
      owner_id: 1, title: titles[i], description: texts[i], priority: one.priority, due_date: micros(one.due_date),
      completed: one.completed, created_at: now, version: 1, folded_title: titles[i].toLowerCase(), folded_description: texts[i].toLowerCase(),
    }));
    const ids = await sql`INSERT INTO todos ${sql(list)} RETURNING id`;
    reply.code(201);
    return ids.map((row, i) => made(row.id, given[i], titles[i], now));
  }
  const rows = await sql`${insert} SELECT 1, t, d, p, due, c, ${now}, 1, ft, fd FROM unnest(${titles}::text[], ${texts}::text[],
    ${given.map((one) => one.priority)}::bigint[], ${given.map((one) => micros(one.due_date))}::bigint[],
    ${sql.array(given.map((one) => one.completed), 1000)}, ${titles.map((one) => one.toLowerCase())}::text[],
    ${texts.map((one) => one.toLowerCase())}::text[]) AS n (t, d, p, due, c, ft, fd) RETURNING id`;
  reply.code(201);
  return rows.map((row, i) => made(row.id, given[i], titles[i], now));
});

app.get('/api/todo/:id', { schema: { params: byId, response: { 200: todo } } }, async (request, reply) => {
  const [row] = await sql`SELECT ${columns} FROM todos WHERE owner_id = 1 AND id = ${request.params.id}`;
  if (row) return ofRow(row);
  return reply.code(404).send({ detail: 'no such todo' });
});

app.get('/api/todo', { schema: { querystring: wanted, response: { 200: listOf(todo) } } }, async (request) => {
  const { completed, priority, limit } = request.query;
  const rows = await sql`SELECT ${columns} FROM todos WHERE owner_id = 1
    ${completed === undefined ? sql`` : sql`AND completed = ${completed}`}
    ${priority === undefined ? sql`` : sql`AND priority = ${priority}`}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`;
  return rows.map(ofRow);
});

await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
