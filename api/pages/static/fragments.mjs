// Parts of a page that the server renders anew: the only markup there is comes from its templates.
import { heard } from "./connection.mjs";
import { showViewersTimes } from "./times.mjs";

const EVERY_MS = 5000;
const LEAST_MS = 500;

const shown = new WeakMap();

/** Fetch markup; null where the server doesn't answer, or has none. */
export async function fetched(url) {
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    heard(true);
    if (!answer.ok && !answer.headers.get("content-type")?.startsWith("text/html")) return null;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    return answer.ok ? template.content : null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // what fetch throws where there is no connection
    heard(false);
    return null;
  }
}

/** Put new markup in the place of an element; the focus stays where it was. */
export function replace(old, made) {
  const focused = old.contains(document.activeElement) ? pathOf(document.activeElement, old) : null;
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  made.querySelectorAll("details").forEach((details, at) => { details.open = open[at] ?? details.open; });
  old.replaceWith(made);
  showViewersTimes(made);
  if (focused) at(made, focused)?.focus({ preventScroll: true });
}

/** Fetch the parts that stand for themselves again and again, and at once when one of their events comes. */
export function keepFragments() {
  for (const part of document.querySelectorAll("[data-fragment]")) keep(part);
}

function keep(first) {
  let part = first;
  let timer = null;
  let last = 0;
  let stream = null;

  const refresh = async () => {
    last = Date.now();
    const content = await fetched(part.dataset.fragment);
    const made = content?.querySelector("[data-fragment]");
    if (made && made.outerHTML !== (shown.get(part) ?? part.outerHTML)) {
      const source = made.outerHTML;
      replace(part, made);
      part = made;
      shown.set(part, source);
      part.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
    }
    if (!part.dataset.events) stream?.close();
    plan(every(part));
  };
  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(refresh, Math.max(delay, last + LEAST_MS - Date.now()));
  };

  if (part.dataset.events) {
    stream = new EventSource(part.dataset.events);
    for (const name of ["status", "report", "gap"]) stream.addEventListener(name, () => plan(150));
    stream.addEventListener("error", () => plan(LEAST_MS)); // the server may be gone
  }
  document.addEventListener("look-again", () => { if (part.id === "now") plan(LEAST_MS); });
  plan(every(part));
}

function every(part) {
  return part.dataset.every ? Number(part.dataset.every) : EVERY_MS;
}

function pathOf(element, root) {
  const path = [];
  for (let here = element; here !== root; here = here.parentElement) path.unshift([...here.parentElement.children].indexOf(here));
  return path;
}

function at(root, path) {
  return path.reduce((here, index) => here?.children[index], root);
}
