// Small pieces for building the page. Text is always set as text, never as markup.

export const $ = id => document.getElementById(id);

// element("button", { type: "button", onclick: f }, "Cancel")
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function show(node, visible) {
  node.hidden = !visible;
}

export async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https, and not on this machine, browsers keep the clipboard to themselves but for this.
    const area = element("textarea", { value: text, className: "visually-hidden" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}

export const bytes = n => n >= 2 ** 30 ? `${(n / 2 ** 30).toFixed(1)} GiB` : n >= 2 ** 20 ? `${(n / 2 ** 20).toFixed(1)} MiB` : `${Math.ceil(n / 1024)} KiB`;

export const seconds = n => n >= 90 ? `${Math.floor(n / 60)} min ${Math.round(n % 60)} s` : n >= 10 ? `${Math.round(n)} s` : `${n.toFixed(1)} s`;
