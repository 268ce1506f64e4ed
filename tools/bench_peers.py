"""The other side of the speed table: peers, matrix products, operations.

PyTorch and the peers are imported only inside the functions that need them,
since they belong in an environment of their own (`pip install -e ".[bench]"`).
"""

import importlib.metadata
import importlib.util
import logging
import tempfile
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

PEERS = ("pythae", "vector_quantize_pytorch")
_MATRIX_SIZES, _IMAGES = (1024, 2048), 5120
_RESIDUAL_FILTERS, _RESIDUAL_BLOCKS = 32, 2


def random_images(size: int) -> np.ndarray:
    """Return uint8 images `(n, size, size, 1)`: speed needs no meaning."""
    shape = (_IMAGES, size, size, 1)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def vqvae_step_flops(
    batch: int,
    size: int,
    filters: int,
    num_codes: int,
    dim: int,
    padding: bool = True,
) -> int:
    """Count the floating-point operations of one training step.

    From layer shapes alone: one multiply-add is two operations; a convolution
    costs two for each pair of an output and an input value that it ties
    together, a transposed one the same. `padding` counts the products with
    zeros at the border, as is usual; a good kernel leaves them out. Backward
    is twice the forward pass, less the first layer's gradient with respect to
    the images, which nobody needs. The search for the nearest code is one
    product forward and none backward. Activations, losses, the codebook's
    averages and Adam are not counted: doing more of them is not speed.
    """

    def taps(kernel, side):  # every kernel has one zero on either side
        return (kernel * side - (0 if padding else 2)) ** 2

    half, quarter = size // 2, size // 4
    strided = taps(4, quarter) * filters**2
    residual = _RESIDUAL_BLOCKS * _RESIDUAL_FILTERS * filters
    residual *= taps(3, quarter) + quarter**2
    first = last = taps(4, half) * filters
    encoder = strided + taps(3, quarter) * filters**2 + residual
    encoder += quarter**2 * filters * dim
    decoder = taps(3, quarter) * dim * filters + residual + strided + last
    search = quarter**2 * dim * num_codes
    return 2 * batch * (2 * first + 3 * (encoder + decoder) + search)


def matrix_product_rate(seconds: float = 0.5) -> float:
    """Return TensorFlow's float32 matrix-product rate in GFLOP/s.

    The better of two square sizes; for each, the median over the time given.
    """

    def make(size):
        with tf.device("CPU:0"):
            left, right = tf.random.stateless_normal((2, size, size), (0, 1))
        product = tf.function(lambda: tf.linalg.matmul(left, right))
        return lambda: product()[0, 0].numpy()

    return _best_rate(make, seconds)


def torch_matrix_product_rate(seconds: float = 0.5) -> float:
    """Return PyTorch's float32 matrix-product rate, for information."""
    import torch

    def make(size):
        left, right = torch.randn(2, size, size)
        return lambda: float((left @ right)[0, 0])

    return _best_rate(make, seconds)


def installed_peers() -> dict[str, str]:
    """Return `{name: version}` of those `PEERS` that can be imported."""
    has = importlib.util.find_spec
    found = [name for name in PEERS if has(name) and has("torch")]
    return {name: importlib.metadata.version(name) for name in found}


def peer_step(name: str, threads: int, shape: dict) -> Callable[[], float]:
    """Return `step()` of the peer `name`, on `threads` threads."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    return globals()[f"{name}_step"](**shape)


def pythae_step(
    batch: int, size: int, filters: int, num_codes: int, dim: int
) -> Callable[[], float]:
    """Return one step of pythae's trainer on its `VQVAE` with `use_ema`.

    That is the body of the loop in `BaseTrainer.train_step`, with the
    trainer's own loader and optimiser, without its progress bar.
    """
    import torch
    from pythae.data.datasets import BaseDataset
    from pythae.models import VQVAE, VQVAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    def wrapped(base, net, output):
        class Wrapped(base):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x):
                return ModelOutput(**{output: self.net(x)})

        return Wrapped()

    model = VQVAE(
        VQVAEConfig((1, size, size), num_embeddings=num_codes, use_ema=True),
        wrapped(BaseEncoder, _torch_encoder(filters, dim), "embedding"),
        wrapped(BaseDecoder, _torch_decoder(filters, dim), "reconstruction"),
    )
    x = _torch_images(size)
    logging.getLogger(BaseTrainer.__module__).setLevel(logging.WARNING)
    data = BaseDataset(x, torch.zeros(len(x)))
    with tempfile.TemporaryDirectory() as folder:  # it insists on one
        config = BaseTrainerConfig(folder, batch, no_cuda=True)
        trainer = BaseTrainer(model, data, None, config)
        trainer.prepare_training()
    model.train()
    batches = _endless(trainer.train_loader)

    def step():
        inputs = trainer._set_inputs_to_device(next(batches))
        output = model(inputs, epoch=1, dataset_size=len(x), uses_ddp=False)
        trainer._optimizers_step(output)
        return output.loss.item()

    return step


def vector_quantize_pytorch_step(
    batch: int, size: int, filters: int, num_codes: int, dim: int
) -> Callable[[], float]:
    """Return one step of a plain module around `VectorQuantize`'s defaults."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from vector_quantize_pytorch import VectorQuantize

    encoder = _torch_encoder(filters, dim)
    decoder = _torch_decoder(filters, dim)
    quantizer = VectorQuantize(dim, num_codes, accept_image_fmap=True)
    modules = torch.nn.ModuleList([encoder, quantizer, decoder]).train()
    optimizer = torch.optim.Adam(modules.parameters(), lr=1e-3)
    data = TensorDataset(_torch_images(size))
    batches = _endless(DataLoader(data, batch, shuffle=True, num_workers=0))

    def step():
        (x,) = next(batches)
        code, _, commit_loss = quantizer(encoder(x))
        loss = torch.nn.functional.mse_loss(decoder(code), x) + commit_loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _torch_encoder(filters: int, dim: int):
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, filters, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(filters, filters, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(filters, filters, 3, padding=1),
        *_torch_residuals(filters),
        nn.Conv2d(filters, dim, 1),
    )


def _torch_decoder(filters: int, dim: int):
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(dim, filters, 3, padding=1),
        *_torch_residuals(filters),
        nn.ConvTranspose2d(filters, filters, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(filters, 1, 4, stride=2, padding=1),
    )


def _torch_residuals(filters: int) -> list:
    from torch import nn

    class Residual(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    def block():
        return Residual(
            nn.ReLU(),
            nn.Conv2d(filters, _RESIDUAL_FILTERS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_RESIDUAL_FILTERS, filters, 1),
        )

    return [*(block() for _ in range(_RESIDUAL_BLOCKS)), nn.ReLU()]


def _torch_images(size: int):
    import torch

    x = random_images(size).transpose(0, 3, 1, 2).astype("float32") / 255.0
    return torch.from_numpy(x)


def _endless(loader):
    while True:
        yield from loader


def _best_rate(make: Callable, seconds: float) -> float:
    rates = []
    for size in _MATRIX_SIZES:
        product, times = make(size), []
        product()
        end = time.perf_counter() + seconds / len(_MATRIX_SIZES)
        while time.perf_counter() < end or len(times) < 3:
            start = time.perf_counter()
            product()
            times.append(time.perf_counter() - start)
        rates.append(2 * size**3 / np.median(times) / 1e9)
    return float(max(rates))
