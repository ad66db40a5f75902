#!/usr/bin/env python3
"""The yardsticks: the kernels beside PyTorch, in turns, on one core and one thread, by the process's own processor time.

    /usr/bin/python3 bench/yardsticks.py [--rounds N] [--filter TEXT] [--json FILE] [--] [COMMAND...]

COMMAND runs hummingbird (default: ./hummingbird of this checkout), so that it may run in another root with another driver.
Needs PyTorch (Debian: python3-torch). Inputs are drawn by the same hash on both sides, and the outputs' RMS must agree.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LP_NUM_THREADS"):
    os.environ[variable] = "1"
# Memory stays with the process: page faults would be most of a short operation's time.
os.environ.setdefault("MESA_SHADER_CACHE_DISABLE", "1")  # its key has no number of lanes
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "4294967296")
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "4294967296")
if "YARDSTICKS_RESTARTED" not in os.environ:  # malloc reads its environment at the start
    os.environ["YARDSTICKS_RESTARTED"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.argv])

import numpy
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent


def draw(shape, seed, scale=1.0):
    """Values in [-scale / 2, scale / 2) by a hash of their index."""
    h = numpy.arange(numpy.prod(shape), dtype=numpy.uint32) * numpy.uint32(2654435761) + numpy.uint32(seed * 40503 & 0xFFFFFFFF)
    h ^= h >> numpy.uint32(16)
    h *= numpy.uint32(2246822519)
    h ^= h >> numpy.uint32(13)
    values = (h >> numpy.uint32(8)).astype(numpy.float32) / numpy.float32(2**24) - numpy.float32(0.5)
    return torch.from_numpy(values.reshape(shape) * numpy.float32(scale))


def conv(channels, height, width):
    x, w = draw((1, channels, height, width), 1), draw((channels, channels, 3, 3), 2, 0.05)
    return lambda: F.conv2d(x, w, padding=1)


def linear(geglu):
    x, w, b = draw((2560, 320), 1), draw((2560, 320), 2, 0.05), torch.zeros(2560)
    if not geglu:
        return lambda: F.linear(x, w, b)

    def run():
        value, gate = F.linear(x, w, b).chunk(2, dim=-1)
        return value * F.gelu(gate)

    return run


def temporal_conv():
    x, w = draw((1, 320, 16, 40, 64), 1), draw((320, 320, 3, 1, 1), 2, 0.05)
    return lambda: F.conv3d(x, w, padding=(1, 0, 0))


def attention(problems, tokens):
    q, k, v = (draw((problems, tokens, 64), seed, scale) for seed, scale in ((1, 4), (2, 4), (3, 1)))

    def run():  # as the U-Net's published code does it
        return torch.bmm(torch.softmax(torch.bmm(q, k.transpose(1, 2)) * 0.125, dim=-1), v)

    return run


def norm(frames_together):
    one = torch.ones(320)
    x = draw((1, 320, 16, 40, 64) if frames_together else (16, 320, 40, 64), 1)
    return lambda: F.silu(F.group_norm(x, 32, one, torch.zeros(320)), inplace=True)


# Start of the row's id; what it is; PyTorch's side; milliseconds of the best Vulkan peer on lavapipe 25.0.7 (ncnn or ggml).
ROWS = [
    ("conv2d(kernel=3) F [1,1,40,64,320]", "conv 3x3 320, 40x64", lambda: conv(320, 40, 64), 187),
    ("conv2d(kernel=3) F [1,1,20,32,640]", "conv 3x3 640, 20x32", lambda: conv(640, 20, 32), 184),
    ("conv2d(kernel=3) F [1,1,10,16,1280]", "conv 3x3 1280, 10x16", lambda: conv(1280, 10, 16), 212),
    ("conv2d(kernel=3) F [1,1,40,64,512]", "VAE conv 512, 40x64", lambda: conv(512, 40, 64), 456),
    ("conv2d(kernel=3) F [1,1,320,512,128]", "VAE conv 128, 320x512", lambda: conv(128, 320, 512), 2272),
    ("matmul F ", "linear 2560x320 -> 2560", lambda: linear(False), 554),
    ("matmul(geglu) F ", "linear, GEGLU", lambda: linear(True), None),
    ("conv3d", "temporal conv 320, 16x40x64", temporal_conv, 14400),
    ("attention(heads=5,spatial)", "spatial attention 2560, 5x64", lambda: attention(5, 2560), 3191),
    ("attention(heads=5,temporal)", "temporal attention 16x2560, 5x64", lambda: attention(12800, 16), 545),
    ("group_norm(groups=32,eps=1e-05,silu) ", "norm + SiLU per frame", lambda: norm(False), None),
    ("group_norm(groups=32,eps=1e-05,silu,all_frames)", "norm + SiLU over frames", lambda: norm(True), None),
]


def time_torch(make, seconds=0.6, least=3):
    run = make()
    output = run()
    rms = float(output.double().square().mean().sqrt())
    times, started = [], time.monotonic()
    while len(times) < least or time.monotonic() - started < seconds:
        before = time.process_time()
        run()
        times.append(time.process_time() - before)
    return times, rms


def time_ours(command, text):
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".yardsticks-") as folder:
        file = pathlib.Path(folder) / "rows.json"  # in the checkout, which another root has at the same path
        full = [*command, "bench", "kernels", "--set", "goals", "--json", str(file), *(["--filter", text] if text else [])]
        done = subprocess.run(full, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(full)} ended with {done.returncode}:\n{done.stdout}")
        return json.loads(file.read_text())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--filter", help="rows with this in their id")
    arguments.add_argument("--json", type=pathlib.Path, help="write all figures")
    arguments.add_argument("command", nargs="*", default=[str(ROOT / "hummingbird")])
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ours, theirs, device, storage = {}, {}, None, None
    for _ in range(options.rounds):
        report = time_ours(options.command, options.filter)
        device = report["device"]["driver"] if "driver" in report["device"] else report["device"].get("name")
        for row in report["rows"]:
            storage = row["id"].split(" ")[1] if row["id"].startswith("conv2d") else storage
            ours.setdefault(row["id"], []).append(row)
        for start, name, make, _ in ROWS:
            if find(ours, start):
                times, rms = time_torch(make)
                theirs.setdefault(start, []).append((statistics.median(times), rms))
    figures = table(ours, theirs, device)
    if options.json:
        options.json.write_text(json.dumps({"device": device, "torch": torch.__version__, "rows": figures}, indent=1) + "\n")


def find(ours, start):
    """The row whose id begins so, whatever its storage types are (F)."""
    head, _, tail = start.partition("F ")
    for id, rows in ours.items():
        if id.startswith(head) and (not tail or id[len(head):].partition(" ")[2].startswith(tail)):
            if head != "matmul " or not id.startswith("matmul("):
                return rows
    return None


def table(ours, theirs, device):
    figures = []
    print(f"{device}; torch {torch.__version__}; medians of processor time, one thread each, the better round of each")
    print(f"{'':34}{'ours ms':>9}{'GFLOP/s':>9}{'GB/s':>7}{'torch ms':>10}{'GFLOP/s':>9}{'torch/ours':>11}{'peer ms':>9}{'first use':>11}  RMS")
    for start, name, _, peer in ROWS:
        rows = find(ours, start)
        if not rows:
            continue
        wrong = [row for row in rows if row["status"] != "measured"]
        if wrong:
            print(f"{name:34}{wrong[0]['status']}: {wrong[0].get('failure')}")
            continue
        mine, other = min(row["processor_median_seconds"] for row in rows), min(t for t, _ in theirs[start])
        compiled = [row["first_use_seconds"] for row in rows if "first_use_seconds" in row]
        rms, wanted = rows[0]["output_rms"], theirs[start][0][1]
        flops, moved = rows[0]["flops"], rows[0]["bytes"] if not start.startswith("group") else rows[0]["bytes"] / 3 * 2
        agree = "agrees" if abs(rms - wanted) <= 1e-3 * wanted else f"DIFFERS {rms:g} {wanted:g}"
        print(f"{name:34}{mine * 1e3:9.1f}{flops / mine * 1e-9:9.1f}{moved / mine * 1e-9:7.2f}{other * 1e3:10.1f}{flops / other * 1e-9:9.1f}"
              f"{other / mine:11.2f}{peer or '-':>9}{(f'{max(compiled):.2f} s' if compiled else '-'):>11}  {agree}")
        figures.append({"name": name, "id": rows[0]["id"], "ours_ms": mine * 1e3, "torch_ms": other * 1e3, "ratio": other / mine,
                        "gflops": flops / mine * 1e-9, "gbps": moved / mine * 1e-9, "peer_ms": peer, "nmse": rows[0].get("nmse"), "rms": rms})
    print("GB/s of norms: the tensor read once and written once. Peers: the best of ncnn's and ggml's Vulkan backends, same operation and driver 25.0.7.")
    return figures


main()
