// A WebDriver client of the few calls a journey needs: find, read, click, type. Pointer and keys are real events.
// Deliberately absent: screenshots (they hang without a GPU) and script injection (a journey does what a person does).

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE = 20_000;
const STEP = 50;

export const KEY = { ctrl: "\uE009", shift: "\uE008", enter: "\uE007", escape: "\uE00C", home: "\uE011", end: "\uE010", right: "\uE014", tab: "\uE004" };

export class Window {
  #url;

  constructor(url) {
    this.#url = url;
  }

  static async open(driver, application, args) {
    const capabilities = { alwaysMatch: { "tauri:options": { application, args } } };
    const { sessionId } = await send("POST", `${driver}/session`, { capabilities });
    return new Window(`${driver}/session/${sessionId}`);
  }

  async close() {
    await send("DELETE", this.#url);
  }

  // Waits until `ask` answers something true, and gives that answer.
  async until(what, ask) {
    const end = Date.now() + PATIENCE;
    let last;
    while (Date.now() < end) {
      try {
        const answer = await ask();
        if (answer) return answer;
        last = undefined;
      } catch (error) {
        last = error;
      }
      await new Promise((resolve) => setTimeout(resolve, STEP));
    }
    throw new Error(`waited ${PATIENCE / 1000} s for: ${what}${last ? ` (${last.message})` : ""}`);
  }

  async all(css) {
    const found = await send("POST", `${this.#url}/elements`, { using: "css selector", value: css });
    return found.map((element) => new Element(`${this.#url}/element/${element[ELEMENT]}`, this));
  }

  async find(css) {
    return this.until(css, async () => (await this.all(css))[0]);
  }

  by(testid) {
    return this.find(`[data-testid="${testid}"]`);
  }

  async gone(testid) {
    await this.until(`${testid} gone`, async () => (await this.all(`[data-testid="${testid}"]`)).length === 0);
  }

  // Loads the page anew.
  async reload() {
    await send("POST", `${this.#url}/refresh`, {});
  }

  // Presses keys together: the last one is struck while the others are held.
  async press(...keys) {
    const down = keys.map((value) => ({ type: "keyDown", value }));
    const up = keys.toReversed().map((value) => ({ type: "keyUp", value }));
    const actions = [{ type: "key", id: "keyboard", actions: [...down, ...up] }];
    await send("POST", `${this.#url}/actions`, { actions });
  }

  async type(text) {
    const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await send("POST", `${this.#url}/actions`, { actions: [{ type: "key", id: "keyboard", actions }] });
  }
}

class Element {
  #url;
  #window;

  constructor(url, window) {
    this.#url = url;
    this.#window = window;
  }

  // What is not there yet, covered or disabled cannot be clicked; a person would wait too.
  async click() {
    await this.#window.until("an element that can be clicked", async () => {
      await send("POST", `${this.#url}/click`, {});
      return true;
    });
  }

  async fill(text) {
    await this.click();
    await this.#window.press(KEY.ctrl, "a");
    await this.#window.type(text);
  }

  text() {
    return send("GET", `${this.#url}/text`);
  }

  // All text, where the driver takes cells of a table for invisible.
  async content() {
    return (await this.property("textContent")).trim();
  }

  attribute(name) {
    return send("GET", `${this.#url}/attribute/${name}`);
  }

  property(name) {
    return send("GET", `${this.#url}/property/${name}`);
  }
}

async function send(method, url, body) {
  const ask = () => fetch(url, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(60_000) });
  // tauri-driver drops a connection now and then before it has read the request; fetch then never got an answer.
  const response = await ask().catch((error) => (error.cause?.code === "ECONNRESET" ? ask() : Promise.reject(error)));
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value?.error}: ${value?.message}`);
  return value;
}
