// bullmq.js REDIS_URL TASKS SLOTS: tasks that do nothing, a second.
import { Queue, Worker } from "bullmq";

const [url, tasks, slots] = process.argv.slice(2);
const { hostname: host, port } = new URL(url);
const connection = { host, port: Number(port), maxRetriesPerRequest: null };

const queue = new Queue("bench", { connection });
await queue.obliterate({ force: true });
for (let left = Number(tasks); left > 0; left -= 1000)
  await queue.addBulk(Array.from({ length: Math.min(left, 1000) }, () => ({ name: "nothing", data: {} })));

let left = Number(tasks);
const began = performance.now();
const done = new Promise((resolve) => {
  const worker = new Worker("bench", async () => {}, { connection, concurrency: Number(slots) });
  worker.on("completed", () => {
    left -= 1;
    if (left === 0) resolve(worker);
  });
});
await (await done).close();
console.log(Math.round((1000 * tasks) / (performance.now() - began)));
await queue.close();
