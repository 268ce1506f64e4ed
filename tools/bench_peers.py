"""The other side of the speed table: peers, matrix products, operations.

Every function returns plain numbers or a `step()` to be timed. PyTorch and the
peers are imported only inside the functions that need them, since they live in
an environment of their own (`pip install -e ".[bench]"`). pythae asks for a
`dataclasses` package that Python 3.11 already contains, so it is installed
without its requirements, after them.
"""

import importlib.util
import logging
import tempfile
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

PEERS = ("pythae", "vector_quantize_pytorch")
MATRIX_SIZES = (1024, 2048)
_RESIDUAL_FILTERS, _RESIDUAL_BLOCKS = 32, 2
_IMAGES = 5120


def vqvae_step_flops(
    batch: int = 128,
    size: int = 28,
    filters: int = 64,
    num_codes: int = 512,
    dim: int = 64,
) -> int:
    """Count the floating-point operations of one training step.

    From layer shapes alone: one multiply-add is two operations; a convolution
    costs `2 * positions * kernel_area * channels_in * channels_out` with its
    padding counted (a transposed one at its input's positions). Backward is
    twice the forward pass, less the first layer's gradient with respect to the
    images, which nobody needs. The search for the nearest code is one product
    forward and none backward. Activations, losses, the codebook's moving
    averages and Adam are not counted, so that no way of writing them can look
    fast by doing more.
    """
    half, quarter = (size // 2) ** 2, (size // 4) ** 2
    block = (9 * filters + filters) * _RESIDUAL_FILTERS
    residual = quarter * _RESIDUAL_BLOCKS * block
    first = half * 16 * filters
    encoder = quarter * (16 * filters * filters + 9 * filters * filters)
    encoder += residual + quarter * filters * dim
    decoder = quarter * 9 * dim * filters + residual
    decoder += quarter * 16 * filters * filters + half * 16 * filters
    search = quarter * dim * num_codes
    multiply_adds = 2 * first + 3 * (encoder + decoder) + search
    return 2 * batch * multiply_adds


def matrix_product_rate(seconds: float = 1.0) -> float:
    """Return TensorFlow's float32 matrix-product rate in GFLOP/s.

    The better of two square sizes; for each, the median over the time given.
    """

    def make(size):
        with tf.device("CPU:0"):
            left = tf.random.stateless_normal((size, size), (0, 1))
            right = tf.random.stateless_normal((size, size), (0, 2))
        product = tf.function(lambda: tf.linalg.matmul(left, right))
        return lambda: product()[0, 0].numpy()

    return _best_rate(make, seconds)


def torch_matrix_product_rate(seconds: float = 1.0) -> float:
    """Return PyTorch's float32 matrix-product rate, for information."""
    import torch

    def make(size):
        left, right = torch.randn(size, size), torch.randn(size, size)
        return lambda: float((left @ right)[0, 0])

    return _best_rate(make, seconds)


def installed_peers() -> tuple[str, ...]:
    """Return the names of those `PEERS` that can be imported."""
    if importlib.util.find_spec("torch") is None:
        return ()
    return tuple(p for p in PEERS if importlib.util.find_spec(p) is not None)


def peer_step(name: str, threads: int, **shape: int) -> Callable[[], float]:
    """Return `step()` of the peer `name`, on `threads` threads."""
    import torch

    torch.set_num_threads(threads)
    builders = {
        "pythae": pythae_step,
        "vector_quantize_pytorch": vector_quantize_pytorch_step,
    }
    return builders[name](**shape)


def pythae_step(
    batch: int = 128,
    size: int = 28,
    filters: int = 64,
    num_codes: int = 512,
    dim: int = 64,
) -> Callable[[], float]:
    """Return one step of pythae's trainer on its `VQVAE` with `use_ema`.

    The step is the body of the loop in `BaseTrainer.train_step`: the trainer's
    own loader, forward pass, `_optimizers_step` and `loss.item()`, without its
    callbacks (progress bar).
    """
    import torch
    from pythae.data.datasets import BaseDataset
    from pythae.models import VQVAE, VQVAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.net = _torch_encoder(filters, dim)

        def forward(self, x):
            return ModelOutput(embedding=self.net(x))

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.net = _torch_decoder(filters, dim)

        def forward(self, z):
            return ModelOutput(reconstruction=self.net(z))

    config = VQVAEConfig(
        input_dim=(1, size, size),
        latent_dim=dim,
        num_embeddings=num_codes,
        use_ema=True,
    )
    x = _torch_images(size)
    logging.getLogger("pythae").setLevel(logging.WARNING)
    logging.getLogger(BaseTrainer.__module__).setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:  # it insists on one
        trainer = BaseTrainer(
            VQVAE(config, Encoder(), Decoder()),
            BaseDataset(x, torch.zeros(len(x))),
            training_config=BaseTrainerConfig(
                output_dir=folder,
                per_device_train_batch_size=batch,
                learning_rate=1e-3,
                no_cuda=True,
            ),
        )
        trainer.prepare_training()
    trainer.model.train()
    batches = _endless(trainer.train_loader)

    def step():
        inputs = trainer._set_inputs_to_device(next(batches))
        output = trainer.model(
            inputs, epoch=1, dataset_size=len(x), uses_ddp=False
        )
        trainer._optimizers_step(output)
        return output.loss.item()

    return step


def vector_quantize_pytorch_step(
    batch: int = 128,
    size: int = 28,
    filters: int = 64,
    num_codes: int = 512,
    dim: int = 64,
) -> Callable[[], float]:
    """Return one step of a plain module around `VectorQuantize`'s defaults."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from vector_quantize_pytorch import VectorQuantize

    encoder = _torch_encoder(filters, dim).train()
    decoder = _torch_decoder(filters, dim).train()
    quantizer = VectorQuantize(
        dim=dim, codebook_size=num_codes, accept_image_fmap=True
    ).train()
    modules = torch.nn.ModuleList([encoder, quantizer, decoder])
    optimizer = torch.optim.Adam(modules.parameters(), lr=1e-3)
    data = TensorDataset(_torch_images(size))
    batches = _endless(
        DataLoader(data, batch_size=batch, shuffle=True, num_workers=0)
    )

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
        nn.ReLU(),
        nn.Conv2d(filters, dim, 1),
    )


def _torch_decoder(filters: int, dim: int):
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(dim, filters, 3, padding=1),
        *_torch_residuals(filters),
        nn.ReLU(),
        nn.ConvTranspose2d(filters, filters, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(filters, 1, 4, stride=2, padding=1),
    )


def _torch_residuals(filters: int) -> list:
    import torch
    from torch import nn

    class Residual(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(
                nn.ReLU(),
                nn.Conv2d(filters, _RESIDUAL_FILTERS, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(_RESIDUAL_FILTERS, filters, 1),
            )

        def forward(self, x):
            return x + self.net(x)

    return [Residual() for _ in range(_RESIDUAL_BLOCKS)]


def random_images(size: int = 28) -> np.ndarray:
    """Return uint8 images `(n, size, size, 1)`: speed needs no meaning."""
    shape = (_IMAGES, size, size, 1)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _torch_images(size: int):
    import torch

    x = random_images(size).astype("float32") / 255.0
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy())


def _endless(loader):
    while True:
        yield from loader


def _best_rate(make: Callable, seconds: float) -> float:
    rates = []
    for size in MATRIX_SIZES:
        product, times = make(size), []
        product()
        end = time.perf_counter() + seconds / len(MATRIX_SIZES)
        while time.perf_counter() < end or len(times) < 3:
            start = time.perf_counter()
            product()
            times.append(time.perf_counter() - start)
        rates.append(2 * size**3 / np.median(times) / 1e9)
    return float(max(rates))
