// One recording's words on the page: settled ones with their times and confidence, the open ones behind them.
import { FORMATS, separator } from "./formats.js";

const tip = document.querySelector("#tip");
const told = document.querySelector("#told");
let chosen = null;  // the word whose time is shown

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

export function minutes(seconds, digits = 0) {
  const rounded = Math.round(seconds * 10 ** digits) / 10 ** digits;
  const rest = (rounded % 60).toFixed(digits);
  return `${Math.floor(rounded / 60)}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

export class Transcript {
  // name: what its files are called.
  constructor(name) {
    this.name = name;
    this.records = [];
    this.article = document.querySelector("#transcript").content.cloneNode(true).firstElementChild;
    this.said = this.article.querySelector(".said");
    this.open = element("p", "", "open");
    this.open.ariaHidden = "true";  // a screen reader hears words when they are settled
    this.article.querySelector("h2").textContent = name;
    this.say("");
    this.article.querySelector(".downloads").addEventListener("click", (event) => this.take(event.target));
    for (const kind of ["pointerover", "click"]) this.said.addEventListener(kind, (event) => this.point(event.target));
    this.said.addEventListener("pointerleave", () => choose(null));
    this.said.addEventListener("keydown", (event) => this.step(event));
    this.said.addEventListener("focusout", () => choose(null));
    this.allow();
    document.querySelector("#transcripts").prepend(this.article);
  }

  // A line below the name.
  say(text) {
    this.article.querySelector(".about").textContent = text;
  }

  allow() {
    for (const button of this.article.querySelectorAll("[data-as]")) button.disabled = !this.records.length;
    document.querySelector("#key").hidden &&= !this.records.length;
  }

  partial(record) {
    const stable = element("span", record.stable);
    const rest = element("span", record.text.slice(record.stable.length), "unsettled");
    const line = element("span", "");
    line.append(stable, rest);
    this.open.replaceChildren(element("time", ""), line);
    this.said.append(this.open);
  }

  final(record) {
    this.open.remove();
    this.records.push(record);
    const line = element("span", "");
    record.words.forEach((word, index) => {
      if (index) line.append(separator(record));
      line.append(this.word(word));
    });
    if (!record.words.length) line.textContent = record.pred_text;
    const utterance = element("p", "");
    utterance.append(element("time", minutes(record.words[0]?.start ?? record.start ?? 0)), line);
    this.said.append(utterance);
    this.allow();
    told.textContent = record.pred_text;
  }

  word(word) {
    const made = element("span", word.word, "word");
    if (word.confidence !== undefined) made.style.setProperty("--sure", word.confidence);
    const parts = [`${minutes(word.start, 2)} to ${minutes(word.end, 2)}`];
    if (word.confidence !== undefined) parts.push(`${Math.round(word.confidence * 100)} % sure`);
    if (word.latency !== undefined) parts.push(`settled ${word.latency.toFixed(1)} s later`);
    made.dataset.told = parts.join(" · ");
    return made;
  }

  // Nothing more will come.
  end(problem = "") {
    this.open.remove();
    if (problem) this.said.append(element("p", problem, "problem"));
    else if (!this.records.length) this.said.append(element("p", "Nothing was heard in it.", "nothing"));
  }

  async take(button) {
    const format = button.dataset.as;
    if (format === "copy") {
      await navigator.clipboard.writeText(FORMATS.txt.write(this.records));
      told.textContent = button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } else if (format) {
      const { type, write } = FORMATS[format];
      const address = URL.createObjectURL(new Blob([write(this.records)], { type }));
      Object.assign(document.createElement("a"), { href: address, download: `${this.fileName()}.${format}` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    }
  }

  fileName() {
    return this.name.replace(/\.\w{1,5}$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "-") || "transcript";
  }

  point(target) {
    choose(target.classList.contains("word") ? target : null);
  }

  step(event) {
    const words = [...this.said.querySelectorAll(".word")];
    const at = words.indexOf(chosen);
    const next = { ArrowRight: at + 1, ArrowLeft: at < 0 ? words.length - 1 : at - 1, Home: 0, End: words.length - 1 }[event.key];
    if (event.key === "Escape") choose(null);
    if (next === undefined || !words.length) return;
    event.preventDefault();
    choose(words[Math.max(0, Math.min(next, words.length - 1))]);
    chosen.scrollIntoView({ block: "nearest" });
    told.textContent = `${chosen.textContent}: ${chosen.dataset.told}`;
  }
}

// Shows a word's time above it, within the window.
function choose(word) {
  chosen?.classList.remove("chosen");
  chosen = word;
  tip.hidden = !word;
  if (!word) return;
  word.classList.add("chosen");
  tip.textContent = word.dataset.told;
  const [box, size] = [word.getBoundingClientRect(), tip.getBoundingClientRect()];
  const left = Math.max(8, Math.min(box.left + box.width / 2 - size.width / 2, innerWidth - size.width - 8));
  const above = box.top - size.height - 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 4 ? above : box.bottom + 6}px`;
}

addEventListener("scroll", () => choose(null), { passive: true });
