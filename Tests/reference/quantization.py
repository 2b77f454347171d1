"""Makes Fixtures/quantization.json: random blocks of every weight format, and what they stand for
according to PyPI's gguf. Needs gguf and numpy. Usage: quantization.py FILE"""
import base64
import json
import sys

import gguf
import numpy as np

BLOCKS = 4
# Where a block holds halves: its scales.
HALVES = {"F32": [], "BF16": [], "F16": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
          "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def scales(count, random):
    """Halves of either sign over all magnitudes, subnormal ones and zero among them."""
    values = random.standard_normal(count) * 2.0 ** random.integers(-26, 6, count)
    values[random.random(count) < 0.1] = 0
    return values.astype(np.float16)


formats = {}
for number, (name, halves) in enumerate(HALVES.items()):
    random = np.random.default_rng(number)
    kind = gguf.GGMLQuantizationType[name]
    size, width = gguf.GGML_QUANT_SIZES[kind]
    blocks = BLOCKS if size > 1 else 64
    if name == "F32":
        data = random.standard_normal(blocks).astype(np.float32).view(np.uint8)
    else:
        data = random.integers(0, 256, blocks * width, dtype=np.uint8)
    data = data.reshape(blocks, width)
    if name == "BF16":
        data[:, 1] &= 0xBF  # no infinities
    for offset in halves:
        data[:, offset:offset + 2] = scales(blocks, random).view(np.uint8).reshape(blocks, 2)
    values = gguf.quants.dequantize(data.reshape(1, -1), kind).astype(np.float32)
    assert values.size == blocks * size and np.isfinite(values).all()
    formats[name] = {"blocks": base64.b64encode(data.tobytes()).decode(),
                     "values": base64.b64encode(values.tobytes()).decode()}

with open(sys.argv[1], "w") as file:
    json.dump(formats, file, indent=1)
    file.write("\n")
