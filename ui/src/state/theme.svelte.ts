/** Light or dark: as the system says, until the person says otherwise. */

export type Theme = "light" | "dark";
const KEY = "understudy.theme";

export class Appearance {
  theme = $state<Theme>("light");
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#root = root;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const chosen = localStorage.getItem(KEY);
    this.#show(chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light");
    dark.addEventListener("change", (event) => {
      if (localStorage.getItem(KEY) === null) this.#show(event.matches ? "dark" : "light");
    });
  }

  toggle(): void {
    const theme = this.theme === "light" ? "dark" : "light";
    localStorage.setItem(KEY, theme);
    this.#show(theme);
  }

  #show(theme: Theme): void {
    this.theme = theme;
    this.#root.dataset["theme"] = theme;
  }
}
