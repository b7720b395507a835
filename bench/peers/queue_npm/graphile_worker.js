// graphile_worker.js POSTGRES_URL TASKS SLOTS: tasks that do nothing, a second.
import { Logger, makeWorkerUtils, run } from "graphile-worker";

const [connectionString, tasks, slots] = process.argv.slice(2);
const logger = new Logger(() => () => {});
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
await utils.withPgClient((client) =>
  client.query(
    "SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(SELECT ROW('nothing', '{}'::json, NULL, NULL, NULL, NULL, " +
      "NULL, NULL)::graphile_worker.job_spec FROM generate_series(1, $1::int)))",
    [tasks],
  ),
);
await utils.withPgClient((client) => client.query("VACUUM ANALYZE"));

let left = Number(tasks);
const began = performance.now();
let runner;
await new Promise((resolve, reject) => {
  const nothing = async () => {
    left -= 1;
    if (left === 0) resolve();
  };
  run({ connectionString, logger, concurrency: Number(slots), taskList: { nothing } })
    .then((started) => (runner = started))
    .catch(reject);
});
await runner.stop();
console.log(Math.round((1000 * tasks) / (performance.now() - began)));
await utils.release();
