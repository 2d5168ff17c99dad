// Whether the server answers: one banner for the whole page, and a way back from pages of trouble.

const COME_BACK_MS = 3000;

let heardAt = new Date();

/** Note that the server answered, or that it didn't. */
export function heard(isThere) {
  const banner = document.querySelector("[data-connection]");
  if (isThere) heardAt = new Date();
  else banner.querySelector("[data-connection-since]").textContent = heardAt.toLocaleTimeString(undefined, { timeZoneName: "short" });
  banner.hidden = isThere;
}

/** A page that only says what is wrong loads itself again once the server has more to say. */
export function comeBack() {
  if (!document.querySelector("[data-come-back]")) return;
  setInterval(async () => {
    const answer = await fetch(location.href).catch(() => null);
    heard(answer !== null);
    if (answer?.ok) location.reload();
  }, COME_BACK_MS);
}
