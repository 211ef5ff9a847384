/** The Release view: what stands in the way, the export, the verification. */
import { CallError, type Exported, type Finding, type KeyEntry, type ReleaseView, type Verification } from "../ipc";
import { AcceptForm, WaiveForm } from "./decide.svelte";
import type { Frame } from "./frame";
import { Load } from "./load.svelte";

/** Shorter passphrases protect nothing worth a signature. */
export const SHORTEST_PASSPHRASE = 8;
const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A key to be made: its passphrase is typed twice, because nobody can look it up again. */
export class KeyForm {
  name = $state("release");
  passphrase = $state("");
  again = $state("");
  busy = $state(false);
  error = $state.raw<CallError | null>(null);

  get blocked(): string | null {
    if (!KEY_NAME.test(this.name)) return "The key needs a name of letters, digits, dots and dashes.";
    if (this.passphrase.length < SHORTEST_PASSPHRASE)
      return `The passphrase needs ${SHORTEST_PASSPHRASE} characters or more.`;
    if (this.passphrase !== this.again) return "The two passphrases differ.";
    return null;
  }
}

/** Whether the waiver's way out is open for a finding: it must name a change and a fallback. */
export function canWaive(finding: Finding): boolean {
  return (
    (finding.code === "unmatched-change" || finding.code === "waiver-expired") &&
    finding.model !== null &&
    finding.version !== null
  );
}

export class ReleaseState {
  view = new Load<ReleaseView>();
  name = $state("");
  out = $state("");
  key = $state("");
  passphrase = $state("");
  newKey = $state.raw<KeyForm | null>(null);
  exported = new Load<Exported>();
  archive = $state("");
  envelope = $state("");
  trusted = $state("");
  verification = new Load<Verification>();
  dialog = $state.raw<WaiveForm | AcceptForm | null>(null);
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** `folder`: where the workspace lies; the export is offered beside it. */
  async open(folder: string): Promise<void> {
    const view = await this.view.run(() => this.#frame.client.call("release"));
    if (view === null) return;
    if (this.name === "") this.name = view.name;
    if (this.out === "" && folder !== "") this.out = `${folder}/out`;
    if (view.keys.length === 0) this.newKey ??= new KeyForm();
    this.#choose(view.keys);
  }

  /** Why nothing can be exported now; `null` when it can. */
  get blocked(): string | null {
    const view = this.view.value;
    if (view === null) return "Still checking.";
    const { errors } = view.check;
    if (errors > 0) return `${errors} ${errors === 1 ? "finding stands" : "findings stand"} in the way.`;
    if (this.name.trim() === "") return "The bundle needs a name.";
    if (this.out.trim() === "") return "Say which folder the two files go to.";
    if (this.key === "") return "Choose or make a signing key.";
    if (this.passphrase === "") return "The key needs its passphrase.";
    return null;
  }

  get cannotVerify(): string | null {
    if (this.archive.trim() === "" || this.envelope.trim() === "") return "Name both files.";
    if (this.trusted === "") return "Choose the key that you trust.";
    return null;
  }

  waive(finding: Finding): void {
    if (!canWaive(finding) || finding.model === null || finding.version === null) return;
    const { prompt, model, version, message } = finding;
    this.dialog = new WaiveForm(this.#frame, new Date(), { prompt, model, version }, `${prompt}: ${message}.`);
  }

  accept(finding: Finding): void {
    this.dialog = new AcceptForm(this.#frame, new Date(), finding);
  }

  close(): void {
    this.dialog = null;
  }

  async makeKey(): Promise<void> {
    const form = this.newKey;
    if (form === null || form.busy || form.blocked !== null) return;
    form.busy = true;
    form.error = null;
    try {
      const { name, passphrase } = form;
      const key = await this.#frame.client.call("new_key", { name, passphrase });
      const view = this.view.value;
      if (view !== null) this.view.value = { ...view, keys: [...view.keys, key] };
      this.key = key.name;
      this.trusted = key.name;
      this.passphrase = passphrase;
      this.newKey = null;
      this.#frame.say(`The key “${key.name}” is made.`);
    } catch (thrown) {
      form.error = CallError.from(thrown);
    } finally {
      form.busy = false;
    }
  }

  async export(): Promise<void> {
    if (this.blocked !== null || this.exported.busy) return;
    const { passphrase } = this;
    const exported = await this.exported.run(() =>
      this.#frame.client.call("export_bundle", {
        name: this.name.trim(),
        out: this.out.trim(),
        sign: this.key,
        passphrase,
      }),
    );
    if (exported === null) return;
    // A passphrase is kept no longer than it is needed.
    this.passphrase = "";
    this.archive = exported.archive;
    this.envelope = exported.envelope;
    this.trusted = this.key;
    this.verification.reset();
    this.#frame.say(`Release ${exported.version} is signed and written.`);
    await this.#frame.changed();
  }

  async verify(): Promise<void> {
    if (this.cannotVerify !== null) return;
    await this.verification.run(() =>
      this.#frame.client.call("verify_bundle", {
        archive: this.archive.trim(),
        envelope: this.envelope.trim(),
        name: this.trusted,
      }),
    );
  }

  #choose(keys: KeyEntry[]): void {
    const has = (name: string) => keys.some((key) => key.name === name);
    if (!has(this.key)) this.key = keys[0]?.name ?? "";
    if (!has(this.trusted)) this.trusted = this.key;
  }
}
