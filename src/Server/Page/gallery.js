// Queue and gallery. Cards are made once and kept, so that a playing video goes on while others come and go.

import { $, element, show, copy, bytes, seconds } from "./dom.js";
import * as api from "./api.js";
import * as settings from "./settings.js";

const cards = new Map();

export function drawQueue(videos, onCancel) {
  const open = videos.filter(v => v.status === "queued" || v.status === "in_progress").reverse();
  $("queue").replaceChildren(...open.map(video => queueItem(video, onCancel)));
  show($("queue-empty"), open.length === 0);
}

function queueItem(video, onCancel) {
  const place = video.status === "in_progress" ? "now" : `${video.queue_position}.`;
  const cancel = element("button", { type: "button", className: "quiet", ariaLabel: `Cancel: ${video.prompt}` }, "Cancel");
  cancel.onclick = () => { cancel.disabled = true; onCancel(video); };
  const item = element("li", {}, element("span", { className: "figures" }, place), element("p", { className: "prompt", title: video.prompt }, video.prompt), cancel);
  item.dataset.id = video.id;
  return item;
}

export function drawGallery(videos, onChange) {
  const finished = videos.filter(v => v.status === "completed" || v.status === "failed");
  const wanted = new Set(finished.map(v => v.id));
  for (const [id, card] of cards) {
    if (!wanted.has(id)) {
      card.remove();
      cards.delete(id);
    }
  }
  finished.forEach((video, index) => {
    if (!cards.has(video.id)) cards.set(video.id, makeCard(video, onChange));
    const card = cards.get(video.id);
    if ($("gallery").children[index] !== card) $("gallery").insertBefore(card, $("gallery").children[index] ?? null);
  });
  show($("gallery-empty"), finished.length === 0);
}

function makeCard(video, onChange) {
  const body = element("div", { className: "body" }, element("p", { className: "prompt", title: video.prompt }, video.prompt));
  if (video.status === "failed") body.append(element("p", { className: "error" }, video.error?.message ?? "It failed."));
  body.append(element("p", { className: "figures" }, factsOf(video)), buttonsOf(video, onChange));
  const card = element("li", { className: "card" }, ...(video.status === "completed" ? [mediaOf(video)] : []), body);
  card.dataset.id = video.id;
  return card;
}

function mediaOf(video) {
  const label = `Video: ${video.prompt}`;
  if (video.content_type.startsWith("image/")) return element("img", { className: "media", src: api.contentOf(video), alt: label, loading: "lazy" });
  // A moment behind the start: browsers then show that frame instead of nothing.
  const media = element("video", { className: "media", src: `${api.contentOf(video)}#t=0.001`, loop: true, muted: true, preload: "metadata", ariaLabel: label });
  media.onclick = () => togglePlay(media);
  media.setAttribute("playsinline", "");
  return media;
}

function togglePlay(media) {
  if (media.paused) media.play().catch(() => {});
  else media.pause();
}

function playButton(video) {
  const button = element("button", { type: "button", ariaLabel: `Play: ${video.prompt}` }, "Play");
  button.onclick = () => {
    const media = button.closest(".card").querySelector("video");
    togglePlay(media);
    button.textContent = media.paused ? "Play" : "Pause";
  };
  return button;
}

function factsOf(video) {
  const facts = [`${video.width} x ${video.height}`, `${video.num_frames} frames`, `${video.num_inference_steps} steps ${video.scheduler}`, `seed ${video.seed}`, video.model];
  if (video.bytes) facts.push(bytes(video.bytes));
  if (video.status === "completed" && video.elapsed_seconds !== null) facts.push(`made in ${seconds(video.elapsed_seconds)}`);
  return facts.join(" · ");
}

function buttonsOf(video, onChange) {
  const use = element("button", { type: "button", ariaLabel: `Use these settings: ${video.prompt}` }, "Use these settings");
  use.onclick = () => settings.write(video);
  const command = element("button", { type: "button", ariaLabel: `Copy the command for: ${video.prompt}` }, "Command");
  command.onclick = () => copy(settings.asCommand(video), command);
  const row = element("div", { className: "row" });
  if (video.content_type?.startsWith("video/")) row.append(playButton(video));
  row.append(use, command);
  if (video.status === "completed") {
    row.append(element("a", { className: "button", href: api.contentOf(video), download: "", ariaLabel: `Download: ${video.prompt}` }, "Download"));
  }
  row.append(deleteButton(video, onChange));
  return row;
}

// Asks once more in the same place, which a stray tap does not hit twice.
function deleteButton(video, onChange) {
  const button = element("button", { type: "button", ariaLabel: `Delete: ${video.prompt}` }, "Delete");
  button.onclick = async () => {
    if (button.textContent === "Delete") {
      button.textContent = "Really?";
      setTimeout(() => { button.textContent = "Delete"; }, 3000);
      return;
    }
    button.disabled = true;
    await api.remove(video.id).catch(() => {});
    onChange();
  };
  return button;
}
