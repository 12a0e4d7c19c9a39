// The documentation pages in a browser: pages.mjs SERVER NAME PASSWORD CHROMIUM
// Swagger UI: Authorize with name and password, then "Try it out" on registering a task. ReDoc: renders. Nothing is
// requested from anywhere else, and no page reports an error.
import { chromium } from "playwright-core";

const [server, name, password, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
const elsewhere = [];
const errors = [];
page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(server) && !/^(data|blob):/.test(url)) elsewhere.push(url);
});
page.on("pageerror", (error) => errors.push(error.message));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));

function demand(holds, what) {
    if (!holds) throw new Error(what);
}

for (const service of ["auth", "uploads", "ocr", "tasks", "downloads", "ops", ""]) {
    const base = `${server}/api/v1/${service ? service + "/" : ""}`;
    await page.goto(`${base}redoc`);
    await page.locator("h1, h2").nth(2).waitFor({ timeout: 30000 });
    await page.goto(`${base}doc`);
    await page.locator(".opblock").first().waitFor({ timeout: 30000 });
}

await page.goto(`${server}/api/v1/uploads/doc`);
await page.locator("button.authorize").first().click();
const dialog = page.locator(".dialog-ux");
const oauth = dialog.locator(".auth-container", { hasText: "OAuth2" }).first();
await oauth.locator("input#oauth_username").fill(name);
await oauth.locator("input#oauth_password").fill(password);
await oauth.locator("button.authorize").click();
await dialog.locator("button", { hasText: "Logout" }).first().waitFor({ timeout: 10000 });
await dialog.locator("button.btn-done").first().click();

const operation = page.locator("#operations-Tasks-register_task");
await operation.locator(".opblock-summary").click();
await operation.locator("button.try-out__btn").click();
await operation.locator("textarea.body-param__text").fill('{"service": "ocr", "files": {"expected": 1}}');
await operation.locator("button.execute").click();
const status = operation.locator(".live-responses-table tbody .response-col_status").first();
await status.waitFor({ timeout: 20000 });
demand((await status.innerText()).trim().startsWith("201"), `registering answered ${await status.innerText()}`);

await browser.close();
demand(elsewhere.length === 0, `requests left the machine: ${elsewhere.join(" ")}`);
demand(errors.length === 0, `the pages report: ${errors.join("; ")}`);
console.log("7 documents rendered twice; a task registered by hand");
