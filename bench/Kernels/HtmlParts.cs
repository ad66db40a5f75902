namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>Style and script of the report.</summary>
internal static class HtmlParts
{
    /// <summary>How many colours the style has.</summary>
    public const int Colours = 12;

    public const string Style = """
        :root { color-scheme: light dark; --back: #fbfbfa; --text: #1d2126; --soft: #626b76; --line: #dfe2e6; --card: #fff; --bad: #c62f2f;
          --k0: #2f6fde; --k1: #d9572b; --k2: #2a9d5c; --k3: #9a4fd0; --k4: #c79a12; --k5: #d23f7d; --k6: #17a2b0; --k7: #7c6a55; --k8: #5c7a1f; --k9: #6b7280; --k10: #1f4f8f; --k11: #a8321f; }
        @media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e6e9ed; --soft: #98a2ae; --line: #2b3138; --card: #1b1f25; --bad: #ff7b72;
          --k0: #6ea3ff; --k1: #ff9063; --k2: #5fcf8f; --k3: #c48bf2; --k4: #e6c04d; --k5: #f57fb0; --k6: #56d0dc; --k7: #c0a98c; --k8: #a3c65c; --k9: #a3acb8; --k10: #9cc3ff; --k11: #ff9d8c; } }
        body { margin: 0 auto; max-width: 1180px; padding: 28px 24px 60px; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 25px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 38px 0 4px; } h3 { font-size: 15px; margin: 0 0 8px; } small { color: var(--soft); font-weight: normal; }
        .note { color: var(--soft); margin: 0 0 12px; max-width: 80ch; }
        .figures { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 16px; }
        .figures div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; }
        .figures b { display: block; font-size: 19px; font-variant-numeric: tabular-nums; } .figures span { color: var(--soft); font-size: 13px; }
        .plot { width: 100%; height: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
        .plot text { fill: var(--soft); font-size: 12px; } .plot .axis { font-size: 13px; } .plot .grid { stroke: var(--line); }
        .plot .roof { fill: none; stroke: var(--text); stroke-width: 2; } .plot circle { fill-opacity: .75; } .plot circle:hover { stroke: var(--text); fill-opacity: 1; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; font-size: 13px; }
        i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
        .groups { columns: 2 480px; column-gap: 12px; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; margin-bottom: 12px; break-inside: avoid; }
        .bar { display: grid; grid-template-columns: minmax(0, 1fr) 130px 92px; gap: 10px; align-items: center; font-size: 12.5px; line-height: 1.7; }
        .name { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; color: var(--soft); }
        .track { background: var(--line); border-radius: 3px; height: 9px; overflow: hidden; } .fill { display: block; height: 100%; min-width: 2px; }
        .value { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
        table { border-collapse: collapse; width: 100%; font-size: 13px; } td, th { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        th { white-space: nowrap; } th button { all: unset; cursor: pointer; } th button:hover, th button:focus-visible { text-decoration: underline; } th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }
        tr:last-child td { border-bottom: 0; } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .id { min-width: 330px; overflow-wrap: anywhere; } .how { color: var(--soft); } .plan td { white-space: nowrap; } .plan .how { white-space: normal; }
        .Wrong td { color: var(--bad); } .NotRun td { color: var(--soft); }
        .c0 { background: var(--k0); fill: var(--k0); } .c1 { background: var(--k1); fill: var(--k1); } .c2 { background: var(--k2); fill: var(--k2); } .c3 { background: var(--k3); fill: var(--k3); }
        .c4 { background: var(--k4); fill: var(--k4); } .c5 { background: var(--k5); fill: var(--k5); } .c6 { background: var(--k6); fill: var(--k6); } .c7 { background: var(--k7); fill: var(--k7); }
        .c8 { background: var(--k8); fill: var(--k8); } .c9 { background: var(--k9); fill: var(--k9); } .c10 { background: var(--k10); fill: var(--k10); } .c11 { background: var(--k11); fill: var(--k11); }

        """;

    // Rows without a figure stay last whichever way is up.
    public const string Script = """
        document.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {
          const head = button.parentElement, body = head.closest("table").tBodies[0], column = head.cellIndex;
          const up = head.getAttribute("aria-sort") === "descending";
          head.parentElement.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", up ? "ascending" : "descending");
          const key = row => { const cell = row.cells[column]; return cell.classList.contains("n") ? (cell.dataset.v === undefined ? null : Number(cell.dataset.v)) : cell.textContent; };
          const compare = (a, b) => a === null || b === null ? (a === null) - (b === null) : (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1);
          [...body.rows].map(row => [key(row), row]).sort((a, b) => compare(a[0], b[0])).forEach(pair => body.append(pair[1]));
        }));

        """;
}
