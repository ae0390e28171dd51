const ROW_SECONDS = 300;
const ROWS = 12;
const OPEN = 3;
const clock = (seconds) => {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return (whole >= 3600 ? Math.floor(whole / 3600) + ":" : "") + parts.join(":") + (seconds % 1).toFixed(1).slice(-2);
};

const segments = data.recordings.flatMap((recording) => recording.segments.map((segment) => Object.assign(segment, { recording })));
segments.forEach((segment, order) => {
  segment.order = order;
  segment.searched = [segment.id, segment.text, segment.original].join("\n").toLocaleLowerCase();
});

// Outlines: rows of at least five minutes, at most twelve of them, with spans over them.

function drawn(tag, attributes, title) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (title) {
    const text = document.createElementNS("http://www.w3.org/2000/svg", "title");
    text.textContent = title;
    made.append(text);
  }
  return made;
}

// Everything of a recording that lies on its outline: from, to, class, title, number of the segment.
function spans(recording) {
  return [
    ...recording.unwritten.map((gap) => [gap.start, gap.end, "unwritten", "sound without text"]),
    ...recording.dropped.map((gap) => [gap.start, gap.end, "dropped", `${gap.reason}: ${gap.text}`]),
    ...recording.segments.map((one) => [one.start, one.end, one.verdict, `${one.id}\n${one.original}`, one.order]),
  ];
}

function outline(recording, start, end) {
  const x = (seconds) => 1000 * (Math.min(Math.max(seconds, start), end) - start) / (end - start);
  const picture = drawn("svg", { viewBox: "0 -100 1000 200", preserveAspectRatio: "none" });
  const each = recording.seconds / recording.peaks.length;
  const inside = recording.peaks.map(([low, high], number) => [x((number + 0.5) * each), low, high, number])
    .filter(([, , , number]) => (number + 1) * each > start && number * each < end);
  const edge = (points, value) => points.map((point) => `${point[0].toFixed(2)} ${-point[value]}`).join("L");
  if (inside.length) picture.append(drawn("path", { d: `M${edge(inside, 2)}L${edge([...inside].reverse(), 1)}Z` }));
  for (const [from, to, kind, title, order] of spans(recording)) {
    if (to <= start || from >= end) continue;
    const place = { x: x(from), width: Math.max(x(to) - x(from), 0.5), y: -100, height: 200, class: kind };
    picture.append(drawn("rect", order === undefined ? place : { ...place, "data-segment": order }, title));
  }
  for (const gap of recording.unspoken.filter((gap) => gap.at >= start && gap.at < end))
    picture.append(drawn("line", { x1: x(gap.at), x2: x(gap.at), y1: -100, y2: 100, class: "unspoken" }, `text without sound: ${gap.text}`));
  picture.addEventListener("click", (event) => {
    const order = event.target.dataset.segment;
    if (order !== undefined) reveal(segments[order]);
  });
  recording.rows.push({ picture, start, end, x });
  return picture;
}

function drawOutlines(recording, box) {
  const count = Math.max(1, Math.min(ROWS, Math.ceil(recording.seconds / ROW_SECONDS)));
  for (let number = 0; number < count; number++) {
    const [start, end] = [number, number + 1].map((edge) => recording.seconds * edge / count);
    const row = element("div", null, { class: "row" });
    row.append(element("time", clock(start)), outline(recording, start, end));
    box.append(row);
  }
}

function showRecordings() {
  data.recordings.forEach((recording, number) => {
    recording.rows = [];
    const count = (verdict) => recording.segments.filter((one) => one.verdict === verdict).length;
    const said = ["doubtful", "rejected", "kept"].map((verdict) => `${count(verdict)} ${verdict}`).join(", ");
    const box = element("details", null, { class: "recording" });
    const head = element("summary");
    head.append(element("strong", recording.id), element("span", ` · ${clock(recording.seconds)} · ${said}`, { class: "faint" }));
    box.append(head, ...recording.notes.map((note) => element("p", note, { class: "note" })));
    box.open = number < OPEN;
    if (box.open) drawOutlines(recording, box);
    box.addEventListener("toggle", () => { if (box.open && !recording.rows.length) drawOutlines(recording, box); });
    one("#recordings").append(box);
  });
}

// Sound: one player; a stretch of a recording begins where it is set and ends by itself.

const audio = one("#player audio");
let playing = null;

function play(recording, start, end, what) {
  if (!recording.audio) return;
  one("#player").hidden = false;
  if (audio.dataset.recording !== String(data.recordings.indexOf(recording))) {
    audio.src = recording.audio;
    audio.dataset.recording = data.recordings.indexOf(recording);
  }
  playing = { recording, end };
  audio.currentTime = start;
  one("#playing").textContent = what;
  audio.play().catch((problem) => {
    if (problem.name !== "AbortError") one("#playing").textContent = `cannot play ${recording.id}: ${problem.message}`;
  });
}

function follow() {
  if (playing) {
    movePlayhead(playing.recording, audio.currentTime);
    if (!audio.paused && audio.currentTime >= playing.end) {
      audio.pause();
      playing = null;
    }
  }
  if (!audio.paused) requestAnimationFrame(follow);
}

function movePlayhead(recording, seconds) {
  document.querySelectorAll(".playhead").forEach((line) => line.remove());
  const row = recording.rows.find((row) => seconds >= row.start && seconds < row.end);
  if (row) row.picture.append(drawn("line", { x1: row.x(seconds), x2: row.x(seconds), y1: -100, y2: 100, class: "playhead" }));
}

const playSegment = (segment) => play(segment.recording, segment.start, segment.end, segment.original);

// The list: cards, filters, and the one that the keys are at.

let current = null;

function card(segment) {
  const item = element("li", null, { class: segment.verdict, "data-order": segment.order });
  const about = element("div");
  about.append(element("strong", segment.id), element("div", [clock(segment.start), `${(segment.end - segment.start).toFixed(1)} s`,
    `confidence ${segment.confidence.toFixed(2)}`, segment.verdict].join(" · "), { class: "faint" }));
  const head = element("div", null, { class: "head" });
  head.append(about);
  if (segment.recording.audio) head.append(actions(segment));
  item.append(head, element("p", segment.original, { class: "original" }), wordsOf(segment));
  const features = Object.entries(segment.features).map(([name, value]) => `${name.replaceAll("_", " ")} ${Number(value).toPrecision(3)}`);
  if (features.length) {
    const more = element("details");
    more.append(element("summary", "features"), element("span", features.join(" · ")));
    item.append(more);
  }
  item.classList.toggle("current", segment === current);
  item.addEventListener("click", () => choose(segment));
  return item;
}

function actions(segment) {
  const made = element("div", null, { class: "actions" });
  const button = element("button", "play", { type: "button", class: "play" });
  button.addEventListener("click", () => playSegment(segment));
  made.append(button);
  const address = segment.recording.audio;
  if (!address.startsWith("data:"))
    made.append(element("a", "file", { href: `${address}#t=${segment.start},${segment.end}`, target: "_blank", rel: "noopener" }));
  return made;
}

function wordsOf(segment) {
  const words = element("div", null, { class: "words" + (segment.recording.audio ? " playable" : "") });
  for (const [said, start, end, confidence] of segment.words) {
    const word = element("span", said, { title: `${confidence.toFixed(2)} · ${clock(start)} to ${clock(end)}` });
    word.style.setProperty("--sure", confidence);
    word.addEventListener("click", () => play(segment.recording, start, segment.end, segment.original));
    words.append(word);
  }
  return words;
}

const rank = { doubtful: 0, rejected: 1, kept: 2 };
const orders = {
  doubt: (a, b) => rank[a.verdict] - rank[b.verdict] || a.confidence - b.confidence || a.order - b.order,
  order: (a, b) => a.order - b.order,
  confidence: (a, b) => a.confidence - b.confidence || a.order - b.order,
  length: (a, b) => b.end - b.start - (a.end - a.start) || a.order - b.order,
};

function filter() {
  const form = one("#filters");
  const find = form.find.value.trim().toLocaleLowerCase();
  const verdicts = [...form.querySelectorAll("[name=verdict]:checked")].map((box) => box.value);
  const recording = form.recording ? form.recording.value : "";
  const found = segments.filter((segment) => (!find || segment.searched.includes(find)) &&
    (!verdicts.length || verdicts.includes(segment.verdict)) &&
    (recording === "" || segment.recording === data.recordings[recording])).sort(orders[form.sort.value]);
  one("#shown").textContent = `${found.length} of ${segments.length} segments`;
  showList(found);
}

function showEverything() {
  one("#filters").reset();
  filter();
}

function showRecordingFilter() {
  if (data.recordings.length < 2) return;
  const label = element("label", "recording ");
  const select = element("select", null, { name: "recording" });
  select.append(element("option", "all", { value: "" }),
    ...data.recordings.map((recording, number) => element("option", recording.id, { value: number })));
  label.append(select);
  one("#recording-filter").append(label);
}

function choose(segment) {
  current = segment;
  document.querySelectorAll("#list > li").forEach((item) => item.classList.toggle("current", Number(item.dataset.order) === segment.order));
}

// The card of a segment, shown, chosen and heard; filters that hide it are set back.
function reveal(segment) {
  if (!matching.includes(segment)) showEverything();
  while (shown <= matching.indexOf(segment)) showMore();
  choose(segment);
  one(`#list > li[data-order="${segment.order}"]`).scrollIntoView({ block: "nearest" });
  playSegment(segment);
}

function step(by) {
  const place = matching.indexOf(current) + by;
  if (place >= 0 && place < matching.length) reveal(matching[place]);
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === " " && !event.target.matches("button, summary, a, audio")) {
    event.preventDefault();
    if (!audio.paused) audio.pause();
    else if (playing) audio.play();
    else if (current || matching.length) reveal(current || matching[0]);
  }
}

function showLeftOut() {
  for (const recording of data.recordings) {
    const rows = [
      ...recording.unspoken.map((gap) => ["unspoken", gap.at, `text without sound, ${gap.words} words: ${gap.text}`, null]),
      ...recording.unwritten.map((gap) => ["unwritten", gap.start, `sound without text, ${(gap.end - gap.start).toFixed(1)} s`, gap.end]),
      ...recording.dropped.map((gap) => ["dropped", gap.start, `${gap.reason}: ${gap.text}`, gap.end]),
    ];
    if (!rows.length) continue;
    const list = element("ul");
    for (const [kind, start, said, end] of rows) {
      const item = element("li", null, { class: kind });
      item.append(element("span", `${start === undefined ? "" : clock(start) + " · "}${said} `));
      if (end !== null && recording.audio) {
        const button = element("button", "play", { type: "button", class: "play" });
        button.addEventListener("click", () => play(recording, start, end, said));
        item.append(button);
      }
      list.append(item);
    }
    one("#left-out").hidden = false;
    one("#left-out").append(element("h3", recording.id), list);
  }
}

one("#title").textContent = data.title;
one("#settings").textContent = data.settings;
data.figures.forEach(({ name, value, note }) => showFigure(name, value, note));
showRecordings();
showRecordingFilter();
showLeftOut();
one("#keys").hidden = !data.recordings.some((recording) => recording.audio);
one("#filters").addEventListener("input", filter);
one("#filters").addEventListener("submit", (event) => event.preventDefault());
one("#everything").addEventListener("click", showEverything);
one("#more").addEventListener("click", showMore);
audio.addEventListener("play", follow);
document.addEventListener("keydown", pressed);
filter();
