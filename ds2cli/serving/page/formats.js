// Transcripts as files. A record is what `ds2 decode` says of an utterance: pred_text, and words with their times.
const CUE_SECONDS = 6, CUE_CHARACTERS = 80, PAUSE_SECONDS = 0.8;  // as ds2 writes subtitles (ds2cli/records/captions.py)
const characters = (text) => [...text].length;

export function clock(seconds, point) {
  const milliseconds = Math.round(seconds * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(milliseconds / 3600000), Math.floor(milliseconds / 60000) % 60, milliseconds % 60000];
  return `${two(hours)}:${two(minutes)}:${two(Math.floor(rest / 1000))}${point}${String(rest % 1000).padStart(3, "0")}`;
}

// Words as they are put together: with spaces, where the text has them.
export const separator = (record) => (record.pred_text.includes(" ") ? " " : "");

function* cues(records) {
  for (const record of records) {
    let cue = [];
    const shown = () => cue.map((word) => word.word).join(separator(record));
    for (const word of record.words) {
      if (cue.length && isFull(cue, word)) {
        yield [cue[0].start, cue.at(-1).end, shown()];
        cue = [];
      }
      cue.push(word);
    }
    if (cue.length) yield [cue[0].start, cue.at(-1).end, shown()];
  }
}

function isFull(cue, word) {
  const length = cue.reduce((sum, one) => sum + characters(one.word) + 1, 0) + characters(word.word);
  return word.end - cue[0].start > CUE_SECONDS || length > CUE_CHARACTERS || word.start - cue.at(-1).end > PAUSE_SECONDS;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const FORMATS = {
  txt: { type: "text/plain", write: (records) => records.map((record) => record.pred_text + "\n").join("") },
  srt: {
    type: "application/x-subrip",
    write: (records) => [...cues(records)].map(([start, end, said], index) =>
      `${index + 1}\n${clock(start, ",")} --> ${clock(end, ",")}\n${said}\n`).join("\n"),
  },
  vtt: {
    type: "text/vtt",
    write: (records) => ["WEBVTT\n", ...[...cues(records)].map(([start, end, said]) =>
      `${clock(start, ".")} --> ${clock(end, ".")}\n${escaped(said)}\n`)].join("\n"),
  },
  json: { type: "application/json", write: (records) => JSON.stringify(records, null, 1) + "\n" },
};
