"""Models as PyTorch's two exporters write them, for reading: tests/data/exported/*.onnx (and the .data file beside one),
and tests/data/quantized/*.onnx: a small image network as ONNX Runtime's tools quantise it.

Run once, with torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2 and onnxruntime 1.32.0:
    python tests/data/make_exported.py tests/data
"""
import pathlib
import sys

import numpy
import onnx
import torch
from onnxruntime import quantization
from torch import nn


class TokenNetwork(nn.Module):
    """Columns as tokens: what exporters spell in many operators. Categories come as int64, a mask as booleans."""

    def __init__(self, columns=3, cardinality=5, width=8, heads=2):
        super().__init__()
        self.heads = heads
        self.weight = nn.Parameter(torch.randn(columns, width))
        self.embedding = nn.Embedding(cardinality, width)
        self.cls = nn.Parameter(torch.randn(width))
        self.queries, self.keys, self.values = (nn.Linear(width, width) for _ in range(3))
        self.merge = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.grow = nn.Linear(width, 4 * width)
        self.shrink = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, 2)

    def forward(self, numbers, categories, mask):
        tokens = torch.cat([numbers[..., None] * self.weight, self.embedding(categories)], 1)
        cls = self.cls.expand(tokens.shape[0], 1, -1)
        tokens = torch.cat([cls, tokens], 1)
        split = [
            part(tokens).reshape(tokens.shape[0], tokens.shape[1], self.heads, -1).transpose(1, 2)
            for part in (self.queries, self.keys, self.values)
        ]
        seen = nn.functional.scaled_dot_product_attention(*split, attn_mask=mask[:, None, None, :])
        tokens = self.norm(tokens + self.merge(seen.transpose(1, 2).flatten(2)))
        gate, value = self.grow(tokens).chunk(2, dim=-1)
        tokens = tokens + self.shrink(nn.functional.gelu(gate) * value)
        return self.head(nn.functional.relu(tokens[:, 0]))


class Windows(nn.Module):
    """Sizes computed from sizes: padding to whole windows, cut again."""

    def forward(self, image):
        rows = (3 - image.shape[2] % 3) % 3
        image = nn.functional.pad(image, (0, 0, 0, rows))
        windows = image.reshape(image.shape[0], image.shape[1], image.shape[2] // 3, 3, image.shape[3])
        return windows.mean(3).flip(1).flatten(1)


class ImageNetwork(nn.Module):
    """Every kind of layer that the tools quantise, and a normalisation that they do not."""

    def __init__(self, width=8):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.wide = nn.Linear(width, 16)
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 2)

    def forward(self, image):
        image = nn.functional.max_pool2d(nn.functional.relu(self.first(image)), 2)
        image = image + nn.functional.relu(self.depthwise(image))
        features = nn.functional.avg_pool2d(torch.cat([image, image.sigmoid()], 1), 2).mean((2, 3))
        features = self.norm(torch.relu(self.wide(features[:, ::2])))
        scores = torch.softmax(features @ features.transpose(0, 1), -1)
        return self.head(scores @ features)


class Calibration(quantization.CalibrationDataReader):
    def __init__(self):
        self.left = 4

    def get_next(self):
        if self.left == 0:
            return None
        self.left -= 1
        return {"image": numpy.random.default_rng(self.left).standard_normal((4, 3, 8, 8), numpy.float32)}


def make_quantized(folder):
    torch.manual_seed(0)
    real = folder / "real.onnx"
    torch.onnx.export(ImageNetwork().eval(), (torch.randn(4, 3, 8, 8),), real, dynamo=False, opset_version=17,
                      input_names=["image"])
    for name, form, activations in (("pairs", "QDQ", "QUInt8"), ("pairs-signed", "QDQ", "QInt8"),
                                    ("operators", "QOperator", "QUInt8"), ("operators-signed", "QOperator", "QInt8")):
        quantization.quantize_static(real, folder / f"{name}.onnx", Calibration(),
                                     quant_format=quantization.QuantFormat[form],
                                     activation_type=quantization.QuantType[activations])
    quantization.quantize_dynamic(real, folder / "dynamic.onnx")
    real.unlink()


def make_exported(folder):
    torch.manual_seed(0)
    network = TokenNetwork().eval()
    inputs = (torch.randn(4, 3), torch.randint(0, 5, (4, 2)), torch.ones(4, 6, dtype=torch.bool))
    names = ["numbers", "categories", "mask"]
    batch = {name: {0: "batch"} for name in names}
    for opset in (14, 17):
        torch.onnx.export(network, inputs, folder / f"tokens-torchscript-{opset}.onnx", dynamo=False,
                          opset_version=opset, input_names=names, dynamic_axes=batch)
    torch.onnx.export(network, inputs, folder / "tokens-dynamo-18.onnx", dynamo=True, opset_version=18,
                      input_names=names, external_data=False)
    torch.onnx.export(network, inputs, folder / "tokens-dynamo-21-external.onnx", dynamo=True, opset_version=21,
                      input_names=names, external_data=True)
    torch.onnx.export(Windows(), (torch.randn(2, 3, 7, 4),), folder / "windows-torchscript-17.onnx", dynamo=False,
                      opset_version=17, input_names=["image"], dynamic_axes={"image": {0: "batch", 2: "rows"}})


def strip(path):
    """Leaves out what only tells where in which source a node comes from."""
    model = onnx.load(path, load_external_data=False)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer,
                 *model.graph.input, *model.graph.output):
        for field in ("metadata_props", "doc_string"):
            if field in part.DESCRIPTOR.fields_by_name:
                part.ClearField(field)
    onnx.save(model, path)


if __name__ == "__main__":
    for name, make in (("exported", make_exported), ("quantized", make_quantized)):
        written = pathlib.Path(sys.argv[1]) / name
        written.mkdir(exist_ok=True)
        make(written)
        for file in written.glob("*.onnx"):
            strip(file)
