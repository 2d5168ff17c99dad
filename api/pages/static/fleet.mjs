// The list of stores, live: an event names a store, its row is fetched, and marked for a moment.
import { fetched, replace } from "./fragments.mjs";

const LEAST_MS = 500; // between two fetches of rows
const SETTLE_MS = 60; // a checkpoint's event comes just before its state can be read
const MARKED_MS = 2500;
const TRIES = 4;
const WITHOUT_EVENTS_MS = 10_000;
const RENEWED_MS = 60_000; // time goes by without events too
const ANNOUNCE_MS = 15_000;

/** Keep the rows of the fleet's page and what is said of them up to date. */
export function keepFleet() {
  const list = document.querySelector("[data-rows]");
  if (!list) return;
  const rows = new Rows(list);
  let polling = null;
  const listen = () => {
    const stream = new EventSource("/events");
    stream.addEventListener("open", () => {
      if (polling) lookAgain();
      clearInterval(polling);
      polling = null;
    });
    stream.addEventListener("status", (event) => {
      lookAgain();
      rows.changed(JSON.parse(event.data));
    });
    stream.addEventListener("gap", () => rows.all());
    stream.addEventListener("error", () => {
      lookAgain();
      polling ??= setInterval(() => rows.all(), WITHOUT_EVENTS_MS);
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, WITHOUT_EVENTS_MS);
    });
  };
  listen();
  setInterval(() => rows.all(), RENEWED_MS);
  announce();
}

/** Banner and counts are asked for soon: something changed, or the server may be gone or back. */
function lookAgain() {
  document.dispatchEvent(new CustomEvent("look-again"));
}

class Rows {
  constructor(list) {
    this.list = list;
    this.wanted = new Map(); // store id -> the status that its row should show, and how often it may be asked for
    this.timer = null;
    this.last = 0;
  }

  changed({ store_id: id, status }) {
    if (!this.row(id)) return;
    this.wanted.set(id, { status, tries: TRIES });
    this.plan(SETTLE_MS);
  }

  all() {
    for (const { dataset } of this.list.querySelectorAll("[data-store]")) {
      if (!this.wanted.has(dataset.store)) this.wanted.set(dataset.store, { status: null, tries: 1 });
    }
    this.plan(0);
  }

  row(id) {
    return this.list.querySelector(`[data-store="${CSS.escape(id)}"]`);
  }

  plan(delay) {
    if (!this.wanted.size) return;
    this.timer ??= setTimeout(() => this.fetch(), Math.max(delay, this.last + LEAST_MS - Date.now()));
  }

  async fetch() {
    const asked = this.wanted;
    this.wanted = new Map();
    this.last = Date.now();
    const content = await fetched(`/ui/rows?${new URLSearchParams([...asked.keys()].map((id) => ["ids", id]))}`);
    this.timer = null;
    for (const [id, want] of asked) this.show(id, want, content);
    this.plan(LEAST_MS);
  }

  show(id, want, content) {
    const made = content?.querySelector(`[data-store="${CSS.escape(id)}"]`);
    const old = this.row(id);
    if (!old) return;
    const isOld = made && want.status && made.dataset.status !== want.status && ["up", "down"].includes(made.dataset.status);
    if ((!made || isOld) && want.tries > 1 && !this.wanted.has(id)) this.wanted.set(id, { ...want, tries: want.tries - 1 });
    if (!made) return;
    const isOther = made.dataset.status !== old.dataset.status;
    replace(old, made);
    if (!isOther) return;
    made.classList.add("changed");
    setTimeout(() => made.classList.remove("changed"), MARKED_MS);
  }
}

/** Say new counts to screen readers, but not all the time. */
function announce() {
  const region = document.querySelector("[data-announce]");
  let said = document.querySelector("[data-said]")?.dataset.said;
  let last = 0;
  document.addEventListener("renewed", (event) => {
    const now = event.target.dataset.said;
    if (!now || now === said || Date.now() - last < ANNOUNCE_MS) return;
    said = now;
    last = Date.now();
    region.textContent = now;
  });
}
