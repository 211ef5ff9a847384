/** Short messages about what was done. Good news leaves by itself, bad news stays until it is dismissed. */

export interface Notice {
  id: number;
  tone: "good" | "warning" | "error";
  text: string;
}

const STAYS_MS = 6000;

export class Notices {
  list = $state.raw<Notice[]>([]);
  #next = 1;

  say(text: string, tone: Notice["tone"] = "good"): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { id, tone, text }];
    if (tone === "good") setTimeout(() => this.dismiss(id), STAYS_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}
