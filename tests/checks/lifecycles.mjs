// The life of a task on a job queue, with the steps that the daemon takes: a record of the task; its file, synced to the disk;
// the job, queued in the transaction that notes the file; a worker that notes the beginning, syncs a result to the disk and
// notes the end; and a client that is told of the end.
import { createHash } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { run } from "graphile-worker";

const [socket, files, clients, seconds] = process.argv.slice(2);
const connectionString = `postgres:///postgres?host=${encodeURIComponent(socket)}&user=postgres`;
const pool = new pg.Pool({ connectionString, max: 20 });
pool.on("error", () => {});
pool.on("connect", (client) => client.on("error", () => {}));
await pool.query(`create table task (
    id uuid primary key, status text not null, params jsonb, file text, result text,
    queued_at timestamptz, started_at timestamptz, finished_at timestamptz)`);

async function store(content) {
    const name = createHash("sha256").update(content).digest("hex");
    const draft = join(files, `${name}.tmp`);
    const file = await open(draft, "w");
    await file.write(content);
    await file.sync();
    await file.close();
    await rename(draft, join(files, name));
    const folder = await open(files, "r");
    await folder.sync();
    await folder.close();
    return name;
}

const waiting = new Map();
const taskList = {
    async convert({ id }) {
        await pool.query("update task set status = 'execution', started_at = clock_timestamp() where id = $1", [id]);
        const { rows } = await pool.query("select file from task where id = $1", [id]);
        const result = await store(`${rows[0].file} 1 ${id}\n`);
        const ended = await pool.query(
            `update task set status = 'success', result = $2, finished_at = clock_timestamp() where id = $1
             returning extract(epoch from started_at - queued_at) * 1000 as waited`, [id, result]);
        waiting.get(id)?.(Number(ended.rows[0].waited));
        waiting.delete(id);
    },
};
const runner = await run({
    pgPool: pool, concurrency: 8, pollInterval: 1000, taskList, noHandleSignals: true,
    logger: new (await import("graphile-worker")).Logger(() => () => {}),
});

async function live() {
    const id = crypto.randomUUID();
    const began = performance.now();
    await pool.query("insert into task (id, status, params) values ($1, 'awaiting_files', '{}')", [id]);
    const file = await store(`%PDF-1.4\n% ${id}\n`);
    const ended = new Promise((resolve) => waiting.set(id, resolve));
    const client = await pool.connect();
    try {
        await client.query("begin");
        await client.query("update task set status = 'queued', file = $2, queued_at = clock_timestamp() where id = $1", [id, file]);
        await client.query("select graphile_worker.add_job('convert', json_build_object('id', $1::text))", [id]);
        await client.query("commit");
    } finally {
        client.release();
    }
    return { waited: await ended, whole: performance.now() - began };
}

async function measure(count, time) {
    const until = performance.now() + time;
    const lives = [];
    await Promise.all(Array.from({ length: count }, async () => {
        while (performance.now() < until) lives.push(await live());
    }));
    return lives;
}

function percentile(lives, which, percent) {
    const sorted = lives.map((life) => life[which]).sort((a, b) => a - b);
    return `${sorted[Math.floor(((sorted.length - 1) * percent) / 100)].toFixed(1)} ms`;
}

await measure(2, 1000);
console.log("| clients | tasks/s | queued to execution p50 | p99 | whole task p50 | p99 |\n|---|---|---|---|---|---|");
for (const count of clients.split(",").map(Number)) {
    const lives = await measure(count, seconds * 1000);
    const figures = [["waited", 50], ["waited", 99], ["whole", 50], ["whole", 99]];
    console.log(`| ${count} | ${Math.round(lives.length / seconds)} | ${figures.map((f) => percentile(lives, ...f)).join(" | ")} |`);
}
await runner.stop();
await pool.end();
