// The microphone's sound as 16-bit PCM, in pieces of a twelfth of a second; in the audio thread.
const SECONDS = 0.08;

class Pieces extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(Math.round(sampleRate * SECONDS));
    this.held = 0;
    this.peak = 0;
    this.ended = false;
    this.port.onmessage = () => { this.send(); this.ended = true; this.port.postMessage({ ended: true }); };
  }

  send() {
    if (this.held) {
      const pcm = this.piece.slice(0, this.held);
      this.port.postMessage({ pcm: pcm.buffer, peak: this.peak }, [pcm.buffer]);
    }
    this.held = this.peak = 0;
  }

  process([input]) {
    const channels = input ?? [];
    for (let at = 0; at < (channels[0]?.length ?? 0); at++) {
      let sample = 0;
      for (const channel of channels) sample += channel[at] / channels.length;
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.piece[this.held++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.held === this.piece.length) this.send();
    }
    return !this.ended;
  }
}

registerProcessor("pieces", Pieces);
