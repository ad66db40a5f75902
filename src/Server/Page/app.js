// Wires form, live view, queue and gallery to the server. One event stream is open at most: that of the job at the head of the line.

import { $, element, show, copy, bytes, seconds } from "./dom.js";
import * as api from "./api.js";
import * as settings from "./settings.js";
import { PreviewPlayer } from "./preview.js";
import { drawQueue, drawGallery } from "./gallery.js";

const player = new PreviewPlayer($("preview"));
const phases = { load: "loading", encode_prompt: "reading the prompt", denoise: "denoising", decode: "decoding" };
let followed = null; // { id, stop }
let videos = [];

// --- form ---

function fail(problem) {
  $("error").textContent = problem?.message ?? "";
  show($("error"), Boolean(problem));
  for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  const field = problem?.field && $(problem.field);
  if (field) {
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }
}

async function generate() {
  fail(null);
  const wanted = settings.read();
  if (!wanted.prompt) return fail(Object.assign(new Error("Say what the video should show."), { field: "prompt" }));
  $("generate").disabled = true;
  try {
    const video = await api.create(wanted);
    settings.rememberSeed(video.seed);
    videos = [video, ...videos];
    draw();
    followHead();
  } catch (problem) {
    fail(problem);
  } finally {
    $("generate").disabled = false;
  }
}

$("form").addEventListener("submit", e => { e.preventDefault(); generate(); });
document.addEventListener("keydown", e => {
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
    e.preventDefault();
    generate();
  }
});
$("form").addEventListener("input", settings.describeLength);
$("model").addEventListener("change", settings.useDefaults);
$("example").onclick = settings.useExample;
$("dice").onclick = settings.drawSeed;
$("reuse").onclick = settings.reuseSeed;
$("copy-cli").onclick = () => copy(settings.asCommand(settings.read()), $("copy-cli"));
$("copy-curl").onclick = () => copy(settings.asCurl(settings.read()), $("copy-curl"));
for (const button of document.querySelectorAll("[data-preset]")) button.onclick = () => settings.usePreset(button.dataset.preset);

// --- live view ---

function announce(text) {
  if ($("announce").textContent !== text) $("announce").textContent = text;
}

function showStatus(video) {
  const index = videos.findIndex(v => v.id === video.id);
  if (index >= 0 && (videos[index].status !== video.status || videos[index].queue_position !== video.queue_position)) {
    videos[index] = video;
    drawQueue(videos, cancel);
  }
  show($("progress-row"), true);
  show($("screen-empty"), $("preview").hidden && $("player").hidden && $("picture").hidden);
  $("progress").value = video.progress;
  $("now-prompt").textContent = video.prompt;
  $("progress-text").textContent = textOf(video);
  announce(video.status === "queued" ? `Queued, place ${video.queue_position}` : `${phases[video.phase] ?? "starting"}, ${Math.floor(video.progress / 25) * 25} per cent`);
}

function textOf(video) {
  if (video.status === "queued") return `waiting, place ${video.queue_position}`;
  const parts = [phases[video.phase] ?? "starting"];
  if (video.phase === "denoise" || video.phase === "decode") {
    parts[0] += ` ${video.step}/${video.steps}`;
    if (video.iterations_per_second) parts.push(`${video.iterations_per_second.toFixed(2)} ${video.phase === "decode" ? "frames" : "it"}/s`);
    if (video.eta_seconds !== null && video.step < video.steps) parts.push(`ETA ${seconds(video.eta_seconds)}`);
  }
  return parts.join(" · ");
}

function showPreview(preview, fps) {
  for (const node of [$("player"), $("picture"), $("screen-empty")]) show(node, false);
  player.fps = fps;
  player.show(preview);
}

function showResult(video) {
  player.clear();
  const isImage = video.content_type.startsWith("image/");
  const media = isImage ? $("picture") : $("player");
  media.src = api.contentOf(video);
  show($("player"), !isImage);
  show($("picture"), isImage);
  show($("screen-empty"), false);
  if (isImage) media.alt = `Video: ${video.prompt}`;
  else media.play().catch(() => {});
}

function finish(video) {
  followed = null;
  show($("progress-row"), false);
  if (video?.status === "completed") {
    showResult(video);
    announce(`Done in ${seconds(video.elapsed_seconds ?? 0)}.`);
  } else {
    player.clear();
    show($("screen-empty"), $("player").hidden && $("picture").hidden);
    $("now-prompt").textContent = "";
    if (video?.status === "failed") fail(new Error(video.error?.message ?? "The video failed."));
    else announce("Cancelled.");
  }
  refresh();
}

// The job at the head of the line: the one that runs, or else the next.
function followHead() {
  const open = videos.filter(v => v.status === "in_progress" || v.status === "queued");
  const head = open.find(v => v.status === "in_progress") ?? open.at(-1);
  if (!head || followed?.id === head.id) return;
  if (followed && open.some(v => v.id === followed.id)) return;
  followed?.stop();
  player.clear();
  followed = {
    id: head.id,
    stop: api.follow(head.id, { status: showStatus, preview: p => showPreview(p, head.fps), over: finish }),
  };
  showStatus(head);
}

async function cancel(video) {
  try {
    await api.remove(video.id);
  } catch (problem) {
    if (problem.status !== 404) fail(problem);
  }
  refresh();
}

// --- lists and device ---

function draw() {
  drawQueue(videos, cancel);
  drawGallery(videos, refresh);
}

async function refresh() {
  try {
    videos = await api.list();
    draw();
    followHead();
    drawHealth(await api.health());
    if ($("device").open) drawDevice(await api.device());
  } catch {
    drawHealth(null);
  }
}

function drawHealth(health) {
  const state = health?.device.state ?? "gone";
  const words = { ready: health?.device.name, starting: "starting", degraded: "the driver lost the device; opened again", unavailable: "no usable device", gone: "the server does not answer" };
  $("health-dot").className = `dot ${health ? (state === "starting" ? "" : health.status) : "gone"}`;
  $("health-text").textContent = words[state] ?? state;
  $("health").title = words[state] ?? state;
}

function drawDevice(device) {
  const facts = { Name: device.name, Kind: device.kind, Driver: device.driver, Vulkan: device.api_version, Precision: device.precision, Problem: device.problem };
  const rows = Object.entries(facts).filter(([, value]) => value).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  $("device-facts").replaceChildren(...rows);
  const { budget_bytes: budget, used_bytes: used, peak_bytes: peak, process_bytes: process } = device.memory;
  $("memory").max = budget ?? 1;
  $("memory").value = peak ?? 0;
  $("memory-text").textContent = budget === null
    ? `${bytes(process)} in this process`
    : `${bytes(used)} now, ${bytes(peak)} at most, of ${bytes(budget)}; ${bytes(process)} in this process`;
  $("decisions").replaceChildren(...device.plan.map(d => element("tr", {},
    element("th", { scope: "row" }, d.what), element("td", {}, d.choice), element("td", {}, d.reason))));
}

$("device").addEventListener("toggle", () => { if ($("device").open) api.device().then(drawDevice, fail); });

// --- colours ---

const themes = { auto: ["Auto", "as the system"], light: ["Light", "light"], dark: ["Dark", "dark"] };

function useTheme(name) {
  const [label, words] = themes[name];
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").textContent = label;
  $("theme").setAttribute("aria-label", `Colours: ${words}`);
  localStorage.setItem("theme", name);
}

$("theme").onclick = () => {
  const names = Object.keys(themes);
  useTheme(names[(names.indexOf(localStorage.getItem("theme") ?? "auto") + 1) % names.length]);
};
useTheme(localStorage.getItem("theme") in themes ? localStorage.getItem("theme") : "auto");

// --- start ---

async function start() {
  try {
    settings.setModels(await api.models());
  } catch (problem) {
    fail(problem);
    setTimeout(start, 2000);
    return;
  }
  await refresh();
  // What other tabs and programs do shows up as well.
  setInterval(() => { if (!document.hidden) refresh(); }, 4000);
}

start();
