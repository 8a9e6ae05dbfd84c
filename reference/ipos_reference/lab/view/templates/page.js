"use strict";
// What comes from the network, URLs and cookies for instance, becomes text: nothing here makes markup of a string.
const EVERY = 1000;
const $ = (id) => document.getElementById(id);
const recorded = JSON.parse($("recorded").textContent);
let paused = false;
let state = null;
let shown = null;   // the exchange that is shown, as its document
let chosen = null;  // number of the frame that is spelled out
let opener = "";    // numbers of what it was chosen by
let busy = false;
let again = false;  // something was chosen while it was busy

const load = async (path) => {
  if (recorded) {
    if (!(path in recorded)) throw new Error("not recorded");
    return recorded[path];
  }
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(10000) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
};

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
};

// Only what differs is touched: a selection of text, the focus and what is unfolded stay.
const say = (element, text) => {
  const wanted = String(text);
  if (element.textContent === wanted) return false;
  element.textContent = wanted;
  return true;
};
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
const ways = (way, number) => `${way === "sent" ? "out" : "in"} ${number.toLocaleString("en")}`;

const tell = (text, isProblem) => {
  say($("status"), text);
  $("status").classList.toggle("problem", isProblem);
  document.body.classList.toggle("gone", isProblem);
};

const showFigure = () => {
  for (const [name, works] of Object.entries(state.lines)) {
    $(`line-${name}`).classList.toggle("cut", !works);
    $(`cut-${name}`).toggleAttribute("hidden", works);
  }
  for (const text of document.querySelectorAll("[data-count]")) say(text, count(state.lans[text.dataset.count], "frame"));
  for (const text of document.querySelectorAll("[data-edge]")) {
    const { edge, way } = text.dataset;
    if (state.edges[edge]) say(text, ways(way, state.edges[edge][way]));
  }
  for (const router of state.routers) {
    const role = shown?.roles[router.title];
    const box = $(`figure-${router.name}`);
    const put = (key, value) => {
      const text = box.querySelector(`[data-figure="${key}"]`);
      const had = text.textContent !== "";
      if (say(text, value) && had) {
        text.classList.remove("changed");
        text.getBoundingClientRect();  // so that the animation begins anew
        text.classList.add("changed");
      }
    };
    box.classList.toggle("trouble", Boolean(router.problem) || router.draining);
    box.classList.toggle("concerned", Boolean(role));
    const condition = router.problem ? "no answer" : router.draining ? "draining" : router.address;
    say(box.querySelector('[data-figure="state"]'), role ? `${condition}, ${role}` : condition);
    for (const table of router.connections) put(table.title, router.problem ? "" : table.count);
    for (const [lan, frames] of Object.entries(router.frames)) {
      for (const [way, number] of Object.entries(frames)) put(`${lan}-${way}`, router.problem ? "" : ways(way, number));
    }
  }
};

const rowsOf = (table) => table.rows.map((cells) => (
  make("tr", {}, ...cells.map((cell, at) => make("td", { "data-label": table.headings[at], class: /\S{22}/.test(cell) ? "long" : null }, cell)))
));

const routerPanel = (router) => {
  const panel = make("section", { class: "router", id: router.name, "aria-labelledby": `${router.name}-heading` },
    make("h3", { id: `${router.name}-heading` }, router.title),
    make("p", { class: "quiet", "data-part": "about" }),
    make("dl", { "data-part": "counters" }));
  for (const table of router.tables) {
    panel.append(make("details", { "data-table": table.name, open: true },
      make("summary", { title: table.use }, `${table.title}: `, make("span", { "data-part": "count" })),
      make("div", { class: "scrolls" }, make("table", {},
        make("thead", {}, make("tr", {}, ...table.headings.map((heading) => make("th", { scope: "col" }, heading)))),
        make("tbody"))),
      make("p", { class: "quiet", "data-part": "more", hidden: true })));
  }
  panel.append(make("p", { class: "quiet", "data-part": "empty" }));
  return panel;
};

const showRouter = (router) => {
  let panel = $(router.name);
  if (!panel) {
    panel = routerPanel(router);
    $("router-list").append(panel);
  }
  const part = (name, within = panel) => within.querySelector(`[data-part="${name}"]`);
  const about = router.problem || `${router.address}, up for ${Math.floor(router.seconds)} s${router.draining ? ", being drained" : ""}`;
  say(part("about"), about);
  part("about").classList.toggle("problem", Boolean(router.problem) || router.draining);
  const counters = [
    ...Object.entries(router.frames).flatMap(([lan, frames]) => Object.entries(frames).map(([way, number]) => [`frames ${way}, ${lan} LAN`, number])),
    ...router.counters.map((counter) => [counter.what, counter.count]),
  ];
  if (renew(part("counters"), counters)) {
    part("counters").replaceChildren(...counters.flatMap(([what, number]) => [make("dt", {}, what), make("dd", {}, number.toLocaleString("en"))]));
  }
  for (const table of router.tables) {
    const details = panel.querySelector(`[data-table="${table.name}"]`);
    details.hidden = !table.count;
    if (!table.count) continue;
    say(part("count", details), count(table.count, "record"));
    const body = details.querySelector("tbody");
    if (renew(body, table.rows)) body.replaceChildren(...rowsOf(table));
    const more = table.count - table.rows.length;
    part("more", details).hidden = more <= 0;
    say(part("more", details), more > 0 ? `and ${more.toLocaleString("en")} more` : "");
  }
  const empty = router.tables.filter((table) => !table.count).map((table) => table.title);
  part("empty").hidden = !empty.length;
  say(part("empty"), `Without records: ${empty.join(", ")}.`);
};

// Whether an element's content is to be made anew since what it shows has changed.
const renew = (element, value) => {
  const text = JSON.stringify(value);
  if (element.shownValue === text) return false;
  element.shownValue = text;
  return true;
};

const showChoice = () => {
  const choice = $("choice");
  const kept = new Map([...choice.options].map((option) => [option.value, option]));
  const wanted = state.exchanges.map((one) => String(one.number));
  for (const [value, option] of kept) {
    if (value !== "latest" && value !== choice.value && !wanted.includes(value)) option.remove();
  }
  let before = kept.get("latest");
  for (const one of state.exchanges) {
    const option = kept.get(String(one.number)) ?? make("option", { value: one.number });
    say(option, `${one.number}: ${one.title}`);
    if (before.nextSibling !== option) before.after(option);
    before = option;
  }
};

const packetItem = (packet) => {
  const button = make("button", { type: "button", class: packet.lan, "data-frame": packet.number, "aria-expanded": "false", "aria-controls": "frame" },
    make("span", { class: "time" }, `${packet.milliseconds.toFixed(1)} ms`),
    make("span", { class: "lan" }, packet.lan),
    make("span", { class: "way" }, packet.way),
    make("span", { class: packet.wrong ? "what wrong" : "what" }, packet.summary ? `${packet.what}: ${packet.summary}` : packet.what));
  return make("li", { "data-key": packet.number }, button);
};

const showExchange = async () => {
  const choice = $("choice").value;
  const wanted = choice === "latest" ? state.exchanges[0] : state.exchanges.find((one) => String(one.number) === choice);
  if (!wanted || (shown && shown.number === wanted.number && shown.version === wanted.version)) return;
  const found = await load(`exchange/${wanted.number}.json`);
  shown = found;
  say($("exchange-title"), found.title);
  $("try").hidden = true;
  showPackets();
  showDiagram(found.diagram);
  mark();
};

// Buttons that are there stay, with the focus that one of them may have.
const showPackets = () => {
  const list = $("packets");
  const there = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const wanted = [];
  for (const packet of shown.packets) {
    if (packet.number === shown.left_out_before) wanted.push(make("li", { class: "gap" }, `${count(shown.left_out, "packet")} left out`));
    wanted.push(there.get(String(packet.number)) ?? packetItem(packet));
  }
  for (const item of [...list.children]) if (!wanted.includes(item)) item.remove();
  wanted.forEach((item, at) => {
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
};

const showDiagram = (text) => {
  const place = $("diagram");
  place.hidden = !text;
  if (!text || !renew(place, text)) return;
  const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  svg.setAttribute("role", "group");  // an image would hide its parts from a screen reader
  for (const message of svg.querySelectorAll("[data-frame]")) {
    message.setAttribute("tabindex", "0");
    message.setAttribute("role", "button");
  }
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.frame : null;
  const left = place.scrollLeft;
  place.replaceChildren(svg);
  place.scrollLeft = left;
  if (focused) place.querySelector(`[data-frame="${focused}"]`)?.focus({ preventScroll: true });
};

// A message of the diagram may stand for a run of frames.
const mark = () => {
  for (const one of document.querySelectorAll("[data-frame]")) {
    const is = one.dataset.frame.split(" ").includes(String(chosen));
    one.classList.toggle("chosen", is);
    if (one.matches("button")) one.setAttribute("aria-expanded", String(is));
  }
};

const showFrame = async (number) => {
  const found = await load(`frame/${number}.json`).catch(() => null);
  chosen = number;
  mark();
  $("frame").hidden = false;
  say($("frame-heading"), found ? `Frame ${found.number}: ${found.what}, ${found.octets} octets, ${found.lan}` : `Frame ${number} is not kept any more.`);
  $("violates").hidden = !found?.violates;
  say($("violates"), found?.violates ? `Violates ${found.violates}` : "");
  let group = null;
  const rows = [];
  for (const field of found?.fields ?? []) {
    const dot = field.path.lastIndexOf(".");
    const parent = field.path.slice(0, Math.max(dot, 0));
    if (parent && parent !== group) rows.push(make("tr", { class: "group" }, make("th", { colspan: 5, scope: "rowgroup" }, parent)));
    group = parent;
    rows.push(make("tr", { class: field.wrong ? "wrong" : null },
      make("td", {}, String(field.offset)), make("td", {}, String(field.size)), make("td", {}, field.path.slice(dot + 1)),
      make("td", { class: "value" }, field.value), make("td", {}, field.meaning)));
  }
  $("fields").replaceChildren(...rows);
  $("fields").closest(".scrolls").scrollTop = 0;
};

const closeFrame = () => {
  const button = [$("diagram"), $("packets")].map((place) => place.querySelector(`[data-frame="${opener}"]`)).find((one) => one?.checkVisibility());
  $("frame").hidden = true;
  chosen = null;
  mark();
  button?.focus({ preventScroll: true });
};

const look = async () => {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    state = await load("state.json");
    const problem = state.problem;
    tell(problem || (recorded ? "As it was recorded." : paused ? "Paused" : "Live"), Boolean(problem));
    say($("directory"), state.directory);
    say($("when"), `${recorded ? "recorded" : "seen"} at ${new Date(state.milliseconds).toLocaleString("sv")}`);
    state.routers.forEach(showRouter);
    showChoice();
    await showExchange();
    showFigure();
  } catch (error) {
    tell(state ? "Nobody serves this page any more; start it again: ipos-router lab view" : `Nothing to be seen: ${error.message}`, true);
  } finally {
    busy = false;
  }
  if (again) {
    again = false;
    look();
  }
};

const choose = (event) => {
  const numbers = event.target.closest("[data-frame]")?.dataset.frame;
  if (!numbers) return;
  event.preventDefault();
  opener = numbers;
  showFrame(numbers.split(" ")[0]);
};
for (const place of [$("packets"), $("diagram")]) place.addEventListener("click", choose);
$("diagram").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") choose(event);
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null) closeFrame();
});
$("close").addEventListener("click", closeFrame);
$("choice").addEventListener("change", look);
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  if (paused) say($("status"), "Paused");
  else look();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused && !recorded) look();
});
$("list").open = matchMedia("(max-width: 40rem)").matches;
look();
if (!recorded) setInterval(() => {
  if (!document.hidden && !paused) look();
}, EVERY);
