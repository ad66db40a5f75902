"""safetensors files without a library."""
import json
import struct

import numpy as np
import torch

_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "U8": np.uint8}


def read(file):
    """name -> tensor, floats as fp32"""
    with open(file, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    out = {}
    for name, e in header.items():
        if name != "__metadata__":
            a = np.frombuffer(data[e["data_offsets"][0]:e["data_offsets"][1]], _TYPES[e["dtype"]]).reshape(e["shape"])
            out[name] = torch.from_numpy(a.astype(np.float32) if a.dtype == np.float16 else a.copy())
    return out


def write(file, tensors, metadata=None):
    names = {np.dtype(v): k for k, v in _TYPES.items()}
    header, blobs, at = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, t in tensors.items():
        a = np.ascontiguousarray(t.detach().cpu().numpy() if torch.is_tensor(t) else t)
        header[name] = {"dtype": names[a.dtype], "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        blobs.append(a.tobytes())
        at += a.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(file, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        f.writelines(blobs)
