// What a journey stands on: a workspace of its own, a display, the driver, and models on loopback. Everything that is
// started here is ended here.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { Window } from "./webdriver.mjs";

const run = promisify(execFile);

const needed = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; \`make journey\` sets it`);
  return value;
};

export class Stage {
  dir;
  window;
  asked = [];
  // Milliseconds between two pieces of a streamed reply: a step that looks at a stream slows it down.
  pace = 0;
  #children = [];
  #server;
  #env;

  static async set() {
    const stage = new Stage();
    try {
      await stage.#build();
      return stage;
    } catch (error) {
      await stage.strike();
      throw error;
    }
  }

  async #build() {
    this.dir = await mkdtemp(join(tmpdir(), "understudy-journey-"));
    const models = await this.#models();
    await this.cli("init", "--sample");
    await this.#pointModelsAt(models);

    const display = await this.#display();
    const [port, native] = [await freePort(), await freePort()];
    this.#env = {
      ...process.env,
      DISPLAY: display,
      GDK_BACKEND: "x11",
      WEBKIT_DISABLE_DMABUF_RENDERER: "1",
      ANTHROPIC_API_KEY: "journey",
      OPENAI_API_KEY: "journey",
      XDG_DATA_HOME: join(this.dir, "data"),
      UNDERSTUDY_KEYS: this.path("keys"),
    };
    delete this.#env.WAYLAND_DISPLAY;
    this.#start(needed("TAURI_DRIVER"), ["--port", String(port), "--native-port", String(native)]);
    const driver = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${driver}/status`)).ok);
    this.window = await Window.open(driver, needed("UNDERSTUDY_WINDOW"), [this.path("workspace.understudy")]);
  }

  path(name) {
    return join(this.dir, name);
  }

  // Runs the command line on the same file; answers its JSON. Any exit code is an answer.
  async cli(...args) {
    const env = { ...process.env, UNDERSTUDY_KEYS: this.path("keys") };
    const options = { cwd: this.dir, env, maxBuffer: 64 * 1024 * 1024 };
    const json = args[0] === "init" || args[0] === "key" ? [] : ["--json"];
    try {
      const { stdout } = await run(needed("UNDERSTUDY_CLI"), [...json, ...args], options);
      return { code: 0, json: json.length ? JSON.parse(stdout) : undefined, text: stdout };
    } catch (error) {
      if (typeof error.code !== "number") throw error;
      return { code: error.code, json: parsed(error.stdout), text: error.stdout + error.stderr };
    }
  }

  async strike() {
    await this.window?.close().catch(() => {});
    for (const child of this.#children.toReversed()) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.kill()) await ended;
    }
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve()));
    this.#server?.closeAllConnections();
    if (this.dir) await rm(this.dir, { recursive: true, force: true });
  }

  #start(program, args) {
    const child = spawn(program, args, { env: this.#env ?? process.env, stdio: ["ignore", "ignore", "inherit", "pipe"] });
    this.#children.push(child);
    return child;
  }

  // A display of our own, so that nobody's windows get our keys. The server picks a free number and writes it to fd 3.
  async #display() {
    const child = this.#start("Xvfb", ["-displayfd", "3", "-screen", "0", "1440x900x24", "-nolisten", "tcp"]);
    const number = await new Promise((resolve, reject) => {
      child.stdio[3].once("data", (bytes) => resolve(String(bytes).trim()));
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
    });
    return `:${number}`;
  }

  // Answers both wires with a reply that holds the sample's output schema, and remembers what it was asked.
  async #models() {
    this.#server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const anthropic = request.url.endsWith("/messages");
      const system = anthropic ? body.system : body.messages[0].content;
      this.asked.push({ anthropic, system: typeof system === "string" ? system : JSON.stringify(system) });
      const window = /within 14 days|up to 14 days/.test(this.asked.at(-1).system) ? 14 : 30;
      const said = anthropic ? "Refunds close after" : "A refund is possible for";
      const text = JSON.stringify({ queue: "billing", urgency: 2, order_id: null, reply: `${said} ${window} days.` });
      if (body.stream) return this.#stream(response, anthropic, text);
      const answer = anthropic
        ? { content: [{ type: "text", text }], stop_reason: "end_turn", usage: { input_tokens: 9, output_tokens: 9 } }
        : { choices: [{ message: { content: text }, finish_reason: "stop" }], usage: { prompt_tokens: 9, completion_tokens: 9 } };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  // The same by server-sent events, some letters at a time.
  async #stream(response, anthropic, text) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (event) => response.write(`${anthropic ? `event: ${event.type}\n` : ""}data: ${JSON.stringify(event)}\n\n`);
    const chunk = (delta, finish_reason = null) =>
      send({ object: "chat.completion.chunk", model: "loopback", choices: [{ index: 0, delta, finish_reason }] });
    if (anthropic) {
      send({ type: "message_start", message: { id: "m", role: "assistant", model: "loopback", content: [], usage: { input_tokens: 9, output_tokens: 1 } } });
      send({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
    }
    for (let at = 0; at < text.length && !response.destroyed; at += 8) {
      const piece = text.slice(at, at + 8);
      if (anthropic) send({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } });
      else chunk({ content: piece });
      if (this.pace > 0) await new Promise((resolve) => setTimeout(resolve, this.pace));
    }
    if (anthropic) {
      send({ type: "content_block_stop", index: 0 });
      send({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } });
      send({ type: "message_stop" });
    } else {
      chunk({}, "stop");
      send({ object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 } });
      response.write("data: [DONE]\n\n");
    }
    response.end();
  }

  // As a person would: push the set, edit understudy.toml, pull it.
  async #pointModelsAt(url) {
    const set = this.path("set");
    await this.cli("sync", set, "--push");
    const file = join(set, "understudy.toml");
    const text = await readFile(file, "utf8");
    const lines = `base_url = "${url}"\nprice = { input = "3", output = "15" }`;
    const pointed = text.replaceAll(/^(key_env = "(?:ANTHROPIC|OPENAI)_API_KEY")$/gm, `$1\n${lines}`);
    if (pointed === text) throw new Error("understudy.toml does not look as expected");
    await writeFile(file, pointed);
    const pulled = await this.cli("sync", set, "--pull");
    if (pulled.code !== 0) throw new Error(`sync: ${pulled.text}`);
  }
}

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

async function until(ask) {
  const end = Date.now() + 20_000;
  for (;;) {
    if (await ask().catch(() => false)) return;
    if (Date.now() > end) throw new Error("the driver did not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
