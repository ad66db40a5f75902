// The form: model's defaults, presets, and what is sent. Field ids are the API's names.

import { $, element, show } from "./dom.js";

const numbers = ["width", "height", "num_frames", "fps", "num_inference_steps", "guidance_scale"];
let models = [];
let lastSeed = null;

const current = () => models.find(m => m.id === $("model").value) ?? models[0];

export function setModels(list) {
  models = list;
  $("model").replaceChildren(...list.map(m => element("option", { value: m.id }, m.id)));
  useDefaults();
}

export function useDefaults() {
  const { defaults, limits } = current();
  $("scheduler").replaceChildren(...limits.schedulers.map(s => element("option", { value: s }, s.toUpperCase())));
  $("output_format").replaceChildren(...limits.output_formats.map(f => element("option", { value: f }, f)));
  for (const field of numbers) $(field).value = defaults[field];
  $("scheduler").value = defaults.scheduler;
  for (const side of ["width", "height"]) {
    $(side).step = $(side).min = limits.size_multiple;
    $(side).max = limits.max_side;
  }
  $("num_frames").max = limits.max_frames;
  $("num_inference_steps").max = limits.max_steps;
  show($("negative-row"), limits.negative_prompt);
  show($("example"), Boolean(defaults.prompt));
  describeLength();
}

export function useExample() {
  $("prompt").value = current().defaults.prompt;
  $("prompt").focus();
}

const presets = {
  default: useDefaults,
  fast() {
    $("num_inference_steps").value = 4;
    $("scheduler").value = "lcm";
  },
  // Half the sides and at most 8 frames: an eighth of the memory, or less.
  low() {
    const { defaults, limits } = current();
    for (const side of ["width", "height"]) {
      $(side).value = Math.max(limits.size_multiple, Math.round(defaults[side] / 2 / limits.size_multiple) * limits.size_multiple);
    }
    $("num_frames").value = Math.min(8, defaults.num_frames);
    $("num_inference_steps").value = Math.min(4, defaults.num_inference_steps);
  },
};

export function usePreset(name) {
  presets[name]();
  describeLength();
}

export function describeLength() {
  const frames = Number($("num_frames").value), fps = Number($("fps").value);
  $("length").textContent = frames > 0 && fps > 0
    ? `${(frames / fps).toFixed(1).replace(/\.0$/, "")} s of video, ${$("width").value} x ${$("height").value}, ${frames} frames.` : "";
}

// What the form says, as the API takes it; empty fields are left to the model.
export function read() {
  const settings = { prompt: $("prompt").value.trim(), model: $("model").value };
  for (const field of numbers) {
    if ($(field).value !== "") settings[field] = Number($(field).value);
  }
  if ($("seed").value !== "") settings.seed = Number($("seed").value);
  if (!$("negative-row").hidden && $("negative_prompt").value) settings.negative_prompt = $("negative_prompt").value;
  settings.scheduler = $("scheduler").value;
  settings.output_format = $("output_format").value;
  settings.embed_metadata = $("embed_metadata").checked;
  return settings;
}

// "Use these settings": the form becomes what made the video.
export function write(video) {
  if (models.some(m => m.id === video.model)) {
    $("model").value = video.model;
    useDefaults();
  }
  $("prompt").value = video.prompt;
  $("negative_prompt").value = video.negative_prompt;
  for (const field of [...numbers, "seed", "scheduler", "output_format"]) $(field).value = video[field];
  $("embed_metadata").checked = video.embed_metadata;
  describeLength();
  $("prompt").focus();
  $("form").scrollIntoView({ block: "start" });
}

export function drawSeed() {
  $("seed").value = crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
}

export function rememberSeed(seed) {
  lastSeed = seed;
  $("reuse").disabled = false;
  $("reuse").title = `Seed ${seed}`;
}

export function reuseSeed() {
  $("seed").value = lastSeed;
}

const quote = word => /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

// The command that makes the same video without the server.
export function asCommand(s) {
  const options = {
    "--model": s.model, "--seed": s.seed, "--steps": s.num_inference_steps, "--frames": s.num_frames, "--fps": s.fps, "--width": s.width,
    "--height": s.height, "--guidance-scale": s.guidance_scale, "--scheduler": s.scheduler, "--negative-prompt": s.negative_prompt || undefined,
    "--output": `out.${s.output_format}`,
  };
  const words = Object.entries(options).filter(([, value]) => value !== undefined).flatMap(([name, value]) => [name, quote(String(value))]);
  return ["hummingbird", "generate", ...words, "--prompt", quote(s.prompt)].join(" ");
}

export function asCurl(s) {
  const { prompt, model, seed, num_frames, fps, num_inference_steps, guidance_scale, width, height, negative_prompt, scheduler, output_format } = s;
  const body = JSON.stringify({
    prompt, model, seed, num_frames, fps, num_inference_steps, guidance_scale, width, height, negative_prompt: negative_prompt || undefined, scheduler, output_format,
  });
  return `curl -s ${location.origin}/v1/videos -H 'Content-Type: application/json' -d ${quote(body)}`;
}
