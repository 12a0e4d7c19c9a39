// The whole flow with a client generated from the OpenAPI document: client.js SERVER NAME PASSWORD IMAGE
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [server, username, password, image] = process.argv.slice(2);
const make = createClient as unknown as typeof import("openapi-fetch").default;
const client = make<paths>({ baseUrl: `${server}/api/v1` });

function need<T>(answer: { data?: T; error?: unknown }): T {
    if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
    return answer.data;
}

const token = need(await client.POST("/auth/token", { body: { username, password } }));
client.use({
    onRequest({ request }) {
        request.headers.set("Authorization", `Bearer ${token.access_token}`);
        return request;
    },
});

const params = { formats: ["txt", "json"] };
const registered = need(await client.POST("/uploads/tasks", { body: { service: "ocr", params, files: { expected: 1 } } }));
const path = { id: registered.id };
const form = new FormData();
form.append("file", new Blob([await readFile(image)]), "page.png");
const uploaded = need(
    await client.POST("/uploads/tasks/{id}/files", {
        params: { path },
        body: form as unknown as { file: string[] },
        bodySerializer: (body: unknown) => body as FormData,
    }),
);
if (uploaded.task.status !== "queued") throw new Error(`not queued: ${uploaded.task.status}`);

let task = uploaded.task;
while (!["success", "failure", "cancelled", "expired"].includes(task.status)) {
    task = need(await client.GET("/tasks/{id}", { params: { path, query: { wait: 30 } } }));
}
if (task.status !== "success") throw new Error(JSON.stringify(task));
const manifest = need(await client.GET("/downloads/tasks/{id}", { params: { path } }));
const text = manifest.items.find((item) => item.format === "txt");
if (!text) throw new Error("no text");
const file = await client.GET("/downloads/tasks/{id}/files/{file}", {
    params: { path: { id: registered.id, file: text.id } },
    parseAs: "text",
});
if (need(file as { data?: string }).length < 100) throw new Error("hardly any text");
const refused = await client.GET("/tasks/{id}", { params: { path: { id: crypto.randomUUID() } } });
if (refused.error?.code !== "task.not_found") throw new Error(JSON.stringify(refused.error));
console.log("read", manifest.items.map((item) => item.name).join(", "));
