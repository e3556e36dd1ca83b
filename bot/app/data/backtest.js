"use strict";

const tip = document.getElementById("tip");

const UNITS = {
  usd: (value) => "$" + value.toLocaleString("en", { maximumFractionDigits: 0 }),
  price: (value) => "$" + value.toFixed(4),
  share: (value) => (100 * value).toFixed(2) + " %",
};

function show(text, event) {
  tip.textContent = text;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
  tip.style.left = Math.max(4, left) + "px";
  tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 4)) + "px";
}

/** The last point at or before the moment; where a line has no steps, the nearest. */
function pointAt({ points, steps }, moment) {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= moment) low = middle + 1; else high = middle;
  }
  const before = points[low - 1], after = points[low];
  if (steps || !before || !after) return before || after;
  return moment - before[0] <= after[0] - moment ? before : after;
}

for (const chart of document.querySelectorAll(".chart")) {
  const scale = JSON.parse(chart.dataset.scale), series = JSON.parse(chart.dataset.series);
  const cross = chart.querySelector(".cross");

  chart.addEventListener("pointermove", (event) => {
    const box = chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * scale.width;
    if (x < scale.first || x > scale.last) return hide();
    const moment = scale.low + ((x - scale.first) / (scale.last - scale.first)) * (scale.high - scale.low);
    cross.setAttribute("x1", x);
    cross.setAttribute("x2", x);
    cross.style.visibility = "visible";
    const lines = [new Date(moment).toISOString().slice(0, 16).replace("T", " ")];
    for (const each of series) {
      const point = pointAt(each, moment);
      if (point) lines.push(each.name + " " + UNITS[each.unit](point[1]));
    }
    const more = event.target.dataset.tip;
    show(more ? lines.join("\n") + "\n" + more : lines.join("\n"), event);
  });

  function hide() {
    cross.style.visibility = "hidden";
    tip.hidden = true;
  }
  chart.addEventListener("pointerleave", hide);
}

function compare(one, other) {
  if (one === "" || other === "") return (one === "") - (other === "");
  return isNaN(one) || isNaN(other) ? one.localeCompare(other) : one - other;
}

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement, table = head.closest("table"), body = table.tBodies[0];
    const column = head.cellIndex, order = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
    const rows = [...body.rows].sort(
      (a, b) => order * compare(a.cells[column].dataset.key, b.cells[column].dataset.key),
    );
    for (const each of table.querySelectorAll("th")) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order > 0 ? "ascending" : "descending");
    body.append(...rows);
  });
}
