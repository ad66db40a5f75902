// Plays the strip of small frames that arrives after each step. The canvas has the size of the latents; the browser scales it smoothly.

export class PreviewPlayer {
  #canvas; #strip = null; #shape = null; #timer = 0; #frame = 0; #fps = 8; #latest = 0;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  set fps(value) {
    this.#fps = Math.min(30, Math.max(1, value));
  }

  async show(preview) {
    const turn = ++this.#latest;
    const png = Uint8Array.from(atob(preview.image), c => c.charCodeAt(0));
    const strip = await createImageBitmap(new Blob([png], { type: "image/png" }));
    if (turn !== this.#latest) return strip.close();
    this.#strip?.close();
    this.#strip = strip;
    this.#shape = preview;
    this.#canvas.width = preview.width;
    this.#canvas.height = preview.height;
    this.#canvas.hidden = false;
    this.#canvas.dataset.step = preview.step;
    this.#canvas.setAttribute("aria-label", `Preview after step ${preview.step} of ${preview.steps}`);
    this.#draw();
    clearInterval(this.#timer);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.#timer = setInterval(() => { this.#frame++; this.#draw(); }, 1000 / this.#fps);
  }

  clear() {
    this.#latest++;
    clearInterval(this.#timer);
    this.#strip?.close();
    this.#strip = null;
    this.#canvas.hidden = true;
    delete this.#canvas.dataset.step;
  }

  #draw() {
    if (!this.#strip) return;
    const { width, height, frames } = this.#shape;
    this.#canvas.getContext("2d").drawImage(this.#strip, 0, (this.#frame % frames) * height, width, height, 0, 0, width, height);
  }
}
