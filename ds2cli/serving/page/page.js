// The page's controls: the microphone to a WebSocket, recordings to an upload, words to transcripts.
import { Transcript, minutes } from "./transcript.js";

const one = (selector) => document.querySelector(selector);
const speak = one("#speak"), progress = one("#progress"), token = one("#token");
const WAITS = "Press the button and speak.";
let hearing = null;  // the Microphone under way
let waiting = Promise.resolve();  // recordings are sent one after another

// The clock is apart from what a screen reader is told.
function tell(text, wrong = false, clock = "") {
  if (one("#state").textContent !== text) one("#state").textContent = text;
  one("#state").classList.toggle("wrong", wrong);
  one("#clock").textContent = clock;
}

const model = () => one("[name=model]").value || undefined;
// A token as UTF-8, a letter for each byte: headers take no others.
const inBytes = () => String.fromCharCode(...new TextEncoder().encode(token.value));
const bearer = () => (token.value ? { Authorization: `Bearer ${inBytes()}` } : {});

function askForToken() {
  one("#access").hidden = false;
  tell(token.value ? "The server does not know this token." : "A token, please.", true);
  token.focus();
}

// What the server offers; also tells whether it wants a token.
async function readModels() {
  const answer = await fetch("v1/models", { headers: bearer() }).catch(() => null);
  if (!answer) return tell("The server does not answer.", true);
  if (answer.status === 401 || answer.status === 403) return askForToken();
  if (!answer.ok) return tell(`The server answers ${answer.status}.`, true);
  const names = (await answer.json()).data.map((found) => found.id);
  one("[name=model]").replaceChildren(...names.map((name) => new Option(name)));
  one("#models").hidden = names.length < 2;
  one("#model").textContent = names.length < 2 ? names.join("") : "";
  one("#access").hidden = true;
  sessionStorage.setItem("token", token.value);
  if (!hearing) tell(WAITS);
}

// A subprotocol's name takes few letters, so it carries the token as base64url.
function subprotocols() {
  if (!token.value) return ["ds2"];
  return ["ds2", "ds2.token." + btoa(inBytes()).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")];
}

class Microphone {
  async start() {
    const sound = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: sound });
    this.context = new AudioContext();
    await this.context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
    await this.connect();
    this.pieces = new AudioWorkletNode(this.context, "pieces", { numberOfOutputs: 0 });
    this.pieces.port.onmessage = ({ data }) => this.pass(data);
    this.context.createMediaStreamSource(this.stream).connect(this.pieces);
    this.stream.getTracks()[0].onended = () => this.stop();
    this.transcript = new Transcript(`Microphone ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
    this.samples = 0;
    this.awake = await navigator.wakeLock?.request("screen").catch(() => null);
  }

  connect() {
    const address = new URL("v1/stream", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address, subprotocols());
    this.socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    this.socket.onclose = (event) => this.closed(event);
    return new Promise((resolve, reject) => {
      this.socket.onopen = () => {
        this.socket.send(JSON.stringify({ sample_rate: this.context.sampleRate, format: "s16le", model: model(), partials: true }));
        resolve();
      };
      this.refused = reject;
    });
  }

  // A piece of sound from the worklet, or its end.
  pass({ pcm, peak, ended }) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (ended) return this.socket.send(JSON.stringify({ eof: 1 }));
    this.socket.send(pcm);
    this.samples += pcm.byteLength / 2;
    speak.style.setProperty("--level", Math.min(1, Math.sqrt(peak)).toFixed(2));
    const late = this.socket.bufferedAmount / 2 / this.context.sampleRate;
    if (!this.stopping) tell(late > 3 ? "Listening; the network is slow." : "Listening", false, minutes(this.samples / this.context.sampleRate));
  }

  hear(record) {
    if (record.event === "error") this.problem = record.message;
    else if (record.event === "partial") this.transcript.partial(record);
    else if (record.event === "final") {
      this.transcript.final(record);
      const { records } = this.transcript;
      const words = records.reduce((sum, { words }) => sum + words.length, 0);
      const latency = record.latency === undefined ? "" : ` · final ${record.latency.toFixed(1)} s after the last word`;
      this.transcript.say(`${words} words${latency}`);
    }
  }

  // No more sound; the last words are still to come.
  stop() {
    if (this.stopping) return;
    this.stopping = true;
    tell("The last words…");
    speak.disabled = true;
    this.pieces.port.postMessage("end");
    this.stream.getTracks().forEach((track) => track.stop());
  }

  closed({ code, reason }) {
    this.refused(new Error("refused"));
    if (!this.transcript) return;
    const problem = this.problem ?? (this.stopping ? "" : reason || `The connection was lost (${code}).`);
    this.transcript.end(problem);
    this.release();
    showIdle();
    tell(problem || WAITS, Boolean(problem));
  }

  release() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.awake?.release();
  }
}

function showIdle() {
  hearing = null;
  speak.disabled = false;
  delete speak.dataset.live;
  speak.querySelector(".name").textContent = "Speak";
}

const WHY_NOT = {
  NotAllowedError: "The browser may not use the microphone: allow it beside the address.",
  NotFoundError: "There is no microphone.",
  NotReadableError: "Another program holds the microphone.",
};

async function begin() {
  if (!navigator.mediaDevices) return tell("Browsers give a microphone only to https pages, and to localhost.", true);
  hearing = new Microphone();
  speak.disabled = true;
  tell("Asking for the microphone…");
  try {
    await hearing.start();
    speak.disabled = false;
    speak.dataset.live = "";
    speak.querySelector(".name").textContent = "Stop";
    tell("Listening");
  } catch (problem) {
    const heard = hearing;
    heard.release();
    showIdle();
    if (problem.message === "refused") await tellRefusal(heard);
    else tell(WHY_NOT[problem.name] ?? String(problem.message), true);
  }
}

// A browser does not tell why a WebSocket was refused; the server says so to a plain request.
async function tellRefusal(heard) {
  tell("", false);
  await readModels();
  if (one("#state").textContent === WAITS) tell(heard.problem ?? "The server takes no more speakers now: try again soon.", true);
}

speak.addEventListener("click", () => (hearing ? hearing.stop() : begin()));

// Recordings.

function upload(file) {
  const form = new FormData();
  form.append("file", file);
  form.append("model", model() ?? "");
  form.append("response_format", "verbose_json");
  for (const kind of ["word", "segment"]) form.append("timestamp_granularities[]", kind);
  const request = new XMLHttpRequest();  // fetch does not tell how much was sent
  request.open("POST", "v1/audio/transcriptions");
  for (const [name, value] of Object.entries(bearer())) request.setRequestHeader(name, value);
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    progress.value = event.loaded / event.total;
    if (event.loaded === event.total) {
      progress.removeAttribute("value");
      if (!hearing) tell(`Hearing ${file.name}…`);
    }
  };
  return new Promise((resolve, reject) => {
    request.onload = () => {
      if (request.status === 401 || request.status === 403) askForToken();
      if (request.status === 200) resolve(request.response);
      else reject(new Error(request.response?.error?.message ?? `The server answers ${request.status}.`));
    };
    request.onerror = () => reject(new Error("The connection was lost."));
    request.send(form);
  });
}

async function send(file) {
  const transcript = new Transcript(file.name);
  transcript.say("is being sent");
  progress.hidden = false;
  progress.value = 0;
  if (!hearing) tell(`Sending ${file.name}…`);
  const begun = performance.now();
  try {
    const answer = await upload(file);
    for (const record of utterances(answer)) transcript.final(record);
    const words = answer.words?.length ?? 0;
    transcript.say(`${words} words · ${minutes(answer.duration)} of sound heard in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    transcript.end();
    if (!hearing) tell(WAITS);
  } catch (problem) {
    transcript.say("");
    transcript.end(problem.message);
    if (!hearing && one("#access").hidden) tell(WAITS);
  }
  progress.hidden = true;
}

// A verbose answer's segments as records with their words.
function utterances({ text, segments, words = [], duration }) {
  if (!segments?.length) return text ? [{ pred_text: text, words, start: 0, end: duration }] : [];
  let from = 0;
  return segments.map((segment, index) => {
    const next = segments[index + 1]?.start ?? Infinity;
    const begin = from;
    while (from < words.length && words[from].start < next) from++;
    return { pred_text: segment.text.trim(), words: words.slice(begin, from), start: segment.start, end: segment.end };
  });
}

function sendAll(files) {
  for (const file of files) waiting = waiting.then(() => send(file));
}

for (const button of document.querySelectorAll(".choose")) button.addEventListener("click", () => one("#files").click());
one("#files").addEventListener("change", ({ target }) => { sendAll(target.files); target.value = ""; });

let inside = 0;  // enter and leave come for every element under the pointer
addEventListener("dragenter", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  inside++;
  one("#drop").hidden = false;
});
addEventListener("dragleave", () => { inside = Math.max(0, inside - 1); one("#drop").hidden = !inside; });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  inside = 0;
  one("#drop").hidden = true;
  sendAll(event.dataTransfer.files);
});

one("#settings").addEventListener("submit", (event) => event.preventDefault());
one("#access").addEventListener("submit", (event) => { event.preventDefault(); readModels(); });
token.value = sessionStorage.getItem("token") ?? "";
readModels();
