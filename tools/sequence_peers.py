"""Quick-Thought and predictive coding in plain PyTorch, of the same sizes.

PyTorch is imported only inside the functions that need it (see `bench_peers`).
Both are given what they read as arrays; ours cuts and numbers its strings
within the step that is timed.
"""

from collections.abc import Callable

import numpy as np


def quick_thought_step(
    numbers: np.ndarray, vocabulary: int, word_dim: int, units: int
) -> Callable[[], float]:
    """Return one step of Quick-Thought, each encoder a GRU both ways.

    Sentences are packed by length, with PyTorch's own function.

    Args:
        numbers: `(batches, batch, time)` word numbers, 0 is padding.
        vocabulary: Int, numbers in all.
        word_dim: Int, size of a word's vector.
        units: Int, size of an embedding.
    """
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(vocabulary, word_dim)
            self.reader = nn.GRU(
                word_dim, units // 2, batch_first=True, bidirectional=True
            )

        def forward(self, numbers, lengths):
            packed = pack_padded_sequence(
                self.words(numbers), lengths, True, enforce_sorted=False
            )
            return torch.cat(tuple(self.reader(packed)[1]), dim=1)

    encoders = nn.ModuleList([Encoder(), Encoder()])
    size = numbers.shape[1]
    apart = torch.arange(size)[:, None] - torch.arange(size)[None]
    near = (apart.abs() == 1).float()
    near = near / near.sum(dim=1, keepdim=True)
    own = torch.eye(size, dtype=torch.bool)

    def loss(numbers):
        lengths = (numbers != 0).sum(dim=1).clamp(min=1)
        f, g = (encoder(numbers, lengths) for encoder in encoders)
        scores = (f @ g.T).masked_fill(own, -1e30)
        return nn.functional.cross_entropy(scores, near)

    batches = torch.from_numpy(numbers.astype("int64"))
    return _stepper(encoders, loss, batches, 5.0)


def cpc_step(
    waves: np.ndarray,
    speakers: np.ndarray,
    strides,
    kernels,
    filters: int,
    units: int,
    ahead: int,
    negatives: int,
) -> Callable[[], float]:
    """Return one step of predictive coding, its negatives of the speaker.

    Args:
        waves: `(batches, batch, samples)`, float32.
        speakers: `(batches, batch)` ints.
        strides, kernels: Lists of ints, of the convolutions.
        filters: Int, their channels.
        units: Int, of the GRU.
        ahead: Int, frames ahead that are told from others.
        negatives: Int, how many others.
    """
    import torch
    from torch import nn

    class Convolution(nn.Module):
        def __init__(self, channels, kernel, stride):
            super().__init__()
            self.pad = nn.ConstantPad1d((kernel - stride, 0), 0.0)
            self.conv = nn.Conv1d(channels, filters, kernel, stride)
            self.norm = nn.LayerNorm(filters)

        def forward(self, x):
            y = self.norm(self.conv(self.pad(x)).transpose(1, 2))
            return torch.relu(y).transpose(1, 2)

    channels = [1] + [filters] * (len(strides) - 1)
    encoder = nn.Sequential(
        *(Convolution(*sizes) for sizes in zip(channels, kernels, strides))
    )
    context = nn.GRU(filters, units, batch_first=True)
    predict = nn.Linear(units, ahead * filters, bias=False)
    modules = nn.ModuleList([encoder, context, predict])

    def loss(batch):
        x, speaker = batch
        frames = encoder(x[:, None]).transpose(1, 2)
        rows, times, _ = frames.shape
        shape = (rows, times, ahead, filters)
        guess = predict(context(frames)[0]).reshape(shape)
        same = (speaker[:, None] == speaker[None]).float()
        row = torch.multinomial(same, negatives, replacement=True)
        where = row * times + torch.randint(times, row.shape)
        others = frames.reshape(-1, filters)[where]
        scores = torch.einsum("btkc,bnc->bktn", guess, others)
        total = 0.0
        for k in range(1, ahead + 1):
            own = torch.arange(rows)[:, None] * times + torch.arange(k, times)
            right = (guess[:, :-k, k - 1] * frames[:, k:]).sum(dim=-1)
            hit = where[:, None] == own[:, :, None]
            wrong = scores[:, k - 1, :-k].masked_fill(hit, -1e30)
            every = torch.cat([right[..., None], wrong], dim=-1)
            total = total + (every.logsumexp(dim=-1) - right).mean()
        return total / ahead

    batches = list(zip(torch.from_numpy(waves), torch.from_numpy(speakers)))
    return _stepper(modules, loss, batches, None)


def _stepper(modules, loss, batches, clip) -> Callable[[], float]:
    import torch

    optimizer = torch.optim.Adam(modules.parameters(), lr=1e-3)
    place = 0

    def step():
        nonlocal place
        value = loss(batches[place % len(batches)])
        place += 1
        optimizer.zero_grad()
        value.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(modules.parameters(), clip)
        optimizer.step()
        return value.item()

    return step
