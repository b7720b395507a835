// pg_boss.js POSTGRES_URL TASKS HELD: tasks that do nothing, a second; so many are held at a time. Its own worker waits half a
// second between two fetches, so this one fetches and completes as fast as it can.
import pg from "pg";
import PgBoss from "pg-boss";

const [url, tasks, held] = process.argv.slice(2);
const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
await boss.start();
await boss.createQueue("bench");
for (let left = Number(tasks); left > 0; left -= 1000)
  await boss.insert(Array.from({ length: Math.min(left, 1000) }, () => ({ name: "bench", data: {} })));
const client = new pg.Client(url);
await client.connect();
await client.query("VACUUM ANALYZE");
await client.end();

let left = Number(tasks);
const began = performance.now();
async function lane() {
  while (left > 0) {
    const jobs = await boss.fetch("bench", { batchSize: Number(held) / 2 });
    if (jobs.length === 0) return;
    await boss.complete("bench", jobs.map(({ id }) => id));
    left -= jobs.length;
  }
}
await Promise.all([lane(), lane()]);
if (left !== 0) throw new Error(`${left} tasks are left`);
console.log(Math.round((1000 * tasks) / (performance.now() - began)));
await boss.stop({ graceful: false });
