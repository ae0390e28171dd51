const percent = (rate) => (rate === null || rate === undefined ? "n/a" : rate.toFixed(2) + " %");

const rate = data.summary.rate;
const kind = { WER: "word", PER: "phone", CER: "character" }[rate];

function showFigures() {
  const summary = data.summary;
  const interval = summary.wer_interval;
  const cards = [
    [`${kind} error rate`, summary.wer, interval ? `95 %: ${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}` : "", summary.words],
    [rate === "CER" ? "Latin words by letter" : "character error rate", summary.cer, `${percent(summary.cer_no_spaces)} without spaces`, summary.characters],
    ["utterances with an error", summary.sentence_error_rate, `${summary.wrong_utterances} of ${summary.utterances}`, null],
  ];
  if (summary.oracle) cards.push(["best of the n-best lists", summary.oracle.wer, `${kind} error rate`, summary.oracle.words]);
  for (const [name, rate, note, counts] of cards)
    showFigure(name, percent(rate), note, counts && `${counts.substitutions} substituted, ${counts.deletions} deleted, ` +
      `${counts.insertions} inserted of ${counts.reference}`);
}

function showComparison() {
  if (!data.comparison.length) return;
  one("#comparison").hidden = false;
  one("#comparison ul").append(...data.comparison.map((line) => element("li", line)));
}

function showGroups() {
  for (const [field, groups] of Object.entries(data.summary.groups || {})) {
    one("#groups").hidden = false;
    const table = element("table");
    const head = element("thead");
    const row = (cells, tag) => { const line = element("tr"); line.append(...cells.map((cell) => element(tag, cell))); return line; };
    head.append(row([field, rate, rate === "CER" ? "by letter" : "CER", "utterances", `${kind}s`, "errors"], "th"));
    const body = element("tbody");
    for (const [label, group] of Object.entries(groups))
      body.append(row([label, percent(group.wer), percent(group.cer), group.utterances, group.words.reference, group.words.errors], "td"));
    table.append(head, body);
    const frame = element("div", null, { class: "table", tabindex: "0" });
    frame.append(table);
    one("#groups").append(element("h2", `By ${field}`), frame);
  }
}

function showConfusions() {
  const names = { substitutions: "substituted", deletions: "deleted", insertions: "inserted" };
  for (const [kind, rows] of Object.entries(data.confusions)) {
    const list = element("div");
    list.append(element("h3", names[kind]));
    for (const row of rows) {
      const button = element("button", null, { type: "button", title: "show the utterances" });
      const words = [row.reference, row.hypothesis].filter((word) => word !== undefined);
      button.append(element("span", row.count), element("b", words.join(" → ")));
      button.addEventListener("click", () => { wanted = { kind: names[kind], ...row }; filter(); one("#utterances").scrollIntoView(); });
      list.append(button);
    }
    if (!rows.length) list.append(element("p", "none", { class: "faint" }));
    one("#confusions .lists").append(list);
  }
}

function showGroupFilter() {
  for (const field of Object.keys(data.summary.groups || {})) {
    const label = element("label", field + " ");
    const select = element("select", null, { "data-field": field });
    select.append(element("option", "all", { value: "" }));
    select.append(...Object.keys(data.summary.groups[field]).map((value) => element("option", value, { value })));
    label.append(select);
    one("#group-filter").append(label);
  }
}

function card(utterance) {
  const item = element("li");
  const head = element("div", null, { class: "head" });
  const counts = `${utterance.errors} of ${utterance.reference} ${kind}s wrong`;
  const about = element("div");
  about.append(element("strong", utterance.id), element("div", [counts, percent(utterance.wer), ...utterance.notes].join(" · "), { class: "faint" }));
  head.append(about);
  if (utterance.audio) head.append(element("audio", null, { controls: "", preload: "none", src: utterance.audio }));
  const words = element("div", null, { class: "words" });
  for (const [kind, said, understood] of utterance.alignment) {
    const word = element("div", null, { class: "word " + kind, title: kind });
    word.append(element("span", said), element("span", understood));
    words.append(word);
  }
  item.append(head, words);
  return item;
}

let wanted = null;

const tests = (form) => {
  const find = form.find.value.trim().toLocaleLowerCase();
  const kinds = [...form.querySelectorAll("[name=kind]:checked")].map((box) => box.value);
  const groups = [...form.querySelectorAll("select[data-field]")].filter((select) => select.value)
    .map((select) => [select.dataset.field, select.value]);
  return [
    (u) => !form.wrong.checked || u.errors > 0,
    (u) => !find || u.searched.includes(find),
    (u) => kinds.every((kind) => u.alignment.some((word) => word[0] === kind)),
    (u) => groups.every(([field, value]) => u.groups[field].includes(value)),
    (u) => !wanted || u.alignment.some(([kind, said, understood]) => kind === wanted.kind &&
      (wanted.reference === undefined || said === wanted.reference) && (wanted.hypothesis === undefined || understood === wanted.hypothesis)),
  ];
};

const orders = {
  errors: (a, b) => b.errors - a.errors || a.order - b.order,
  wer: (a, b) => (b.wer ?? Infinity) - (a.wer ?? Infinity) || a.order - b.order,
  order: (a, b) => a.order - b.order,
  length: (a, b) => b.reference - a.reference || a.order - b.order,
};

function filter() {
  const form = one("#filters");
  const all = tests(form);
  const found = data.utterances.filter((utterance) => all.every((test) => test(utterance))).sort(orders[form.sort.value]);
  const only = wanted ? `, only with ${[wanted.reference, wanted.hypothesis].filter((word) => word !== undefined).join(" → ")} ${wanted.kind}` : "";
  one("#shown").textContent = `${found.length} of ${data.utterances.length} utterances${only}`;
  showList(found);
}

data.utterances.forEach((utterance, order) => {
  utterance.order = order;
  const words = (side) => utterance.alignment.map((word) => word[side]).filter((word) => word !== null).join(" ");
  utterance.searched = [utterance.id, words(1), words(2)].join("\n").toLocaleLowerCase();
});
one("#title").textContent = data.title;
one("#settings").textContent = data.settings;
one("#filters [value=wer]").textContent = `highest ${rate}`;
one("#confusions h2").textContent = `Which ${kind}s`;
showFigures();
showComparison();
showGroups();
showConfusions();
showGroupFilter();
one("#filters").addEventListener("input", filter);
one("#filters").addEventListener("submit", (event) => event.preventDefault());
one("#filters").addEventListener("reset", () => { wanted = null; setTimeout(filter); });
one("#more").addEventListener("click", showMore);
filter();
