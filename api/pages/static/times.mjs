// Times that the server wrote in a store's zone or UTC, said in the viewer's zone too.

const words = new Intl.DateTimeFormat(undefined, {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

/** Put the viewer's own time after each time that asks for it, unless both clocks show the same. */
export function showViewersTimes(root) {
  for (const time of root.querySelectorAll("time[data-viewer]")) {
    const instant = new Date(time.dateTime);
    time.removeAttribute("data-viewer");
    if (Number.isNaN(instant.getTime()) || showsViewersClock(time, instant)) continue;
    time.title = `your time: ${words.format(instant)}`;
    const yours = document.createElement("span");
    yours.className = "yours";
    yours.textContent = ` (yours: ${words.format(instant)})`;
    time.append(yours);
  }
}

function showsViewersClock(time, instant) {
  const zone = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(instant);
  return time.textContent.endsWith(zone.find((part) => part.type === "timeZoneName").value);
}
