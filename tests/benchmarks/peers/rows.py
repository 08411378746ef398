"""The rows of `telos bench` that PyTorch has too, for `telos bench --peer`.

Reads lines "NAME SECONDS", calls the row's work for so long and prints the median seconds of a
call, or "-" for a row it does not have. OMP_NUM_THREADS sets the threads.
"""

import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

randn = torch.randn


class Block(nn.Module):
    """One block of GPT-2, with fused causal attention."""

    def __init__(self, heads, width):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        batch, time_steps, width = x.shape
        shape = (batch, time_steps, 3, self.heads, width // self.heads)
        q, k, v = self.qkv(self.norms[0](x)).view(shape).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(x.shape))
        return x + self.down(F.gelu(self.up(self.norms[1](x))))


class Gpt(nn.Module):
    def __init__(self, layers, heads, width, context, vocabulary):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(heads, width) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        return self.head(self.norm(self.blocks(x)))


def training_step(layers, heads, width, context, batch, vocabulary=65):
    """Forward, backward, AdamW: the exact GELU, which PyTorch computes faster, and no clipping."""
    model = Gpt(layers, heads, width, context, vocabulary)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, foreach=True)
    ids, following = (torch.randint(vocabulary, (batch, context)) for _ in range(2))

    def step():
        optimizer.zero_grad()
        logits = model(ids)
        F.cross_entropy(logits.view(-1, vocabulary), following.view(-1)).backward()
        optimizer.step()

    return step


def product(*shapes):
    a, b = (randn(shape) for shape in shapes)
    return lambda: a @ b


def rows_of(f, *inputs):
    """f of a 4096 x 1024 matrix and other inputs."""
    x = randn(4096, 1024)
    return lambda: f(x, *inputs)


def layer_norm():
    return rows_of(lambda x, g, b: F.layer_norm(x, (1024,), g, b), torch.ones(1024), torch.zeros(1024))


def permute():
    x = randn(8, 256, 6, 64)
    return lambda: x.transpose(1, 2).contiguous()


def attention(backward):
    q, k, v = (randn(8, 6, 256, 64, requires_grad=backward) for _ in range(3))
    if not backward:
        return lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    g = randn(y.shape)
    return lambda: torch.autograd.grad(y, (q, k, v), g, retain_graph=True)


def additions():
    """1 000 of them in a call, as in telos."""
    x = randn(8, 8)

    def call():
        for _ in range(1000):
            x + x

    return call


def mlp():
    sizes = ((4, 64), (64, 64), (64,), (64, 2))
    inputs, weights = randn(128, 4), [randn(s, requires_grad=True) for s in sizes]

    def gradient():
        first, second, bias, last = weights
        hidden = ((inputs @ first).tanh() @ second + bias).tanh()
        torch.autograd.grad((hidden @ last).square().mean(), weights)

    return gradient


ROWS = {
    **{f"matmul-{n}": lambda n=n: product((n, n), (n, n)) for n in (64, 256, 257, 512, 1344)},
    "matmul-1000x37x511": lambda: product((1000, 37), (37, 511)),
    "matmul-1x1024x4096": lambda: product((1, 1024), (1024, 4096)),
    "matmul-batched-48x256x64x256": lambda: product((48, 256, 64), (48, 64, 256)),
    "add-4m": lambda: rows_of(torch.add, randn(4096, 1024)),
    "mul-4m": lambda: rows_of(torch.mul, randn(4096, 1024)),
    "exp-4m": lambda: rows_of(torch.exp),
    "gelu-4m": lambda: rows_of(lambda x: F.gelu(x, approximate="tanh")),
    "sum-rows-4m": lambda: rows_of(lambda x: x.sum(-1)),
    "softmax-4096x1024": lambda: rows_of(lambda x: x.softmax(-1)),
    "layernorm-4096x1024": layer_norm,
    "cross-entropy-4096x1024": lambda: rows_of(F.cross_entropy, torch.randint(1024, (4096,))),
    "permute-0213": permute,
    "attention-8x6x256x64": lambda: attention(False),
    "attention-8x6x256x64-grad": lambda: attention(True),
    "op-overhead": additions,
    "mlp-64x64-batch128-grad": mlp,
    "gpt-tiny-step": lambda: training_step(4, 4, 128, 64, 12),
    "gpt-small-step": lambda: training_step(6, 6, 384, 256, 8),
}


def median_seconds(work, budget):
    times = []
    end = time.perf_counter() + budget
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    torch.manual_seed(0)
    made = {}
    for line in sys.stdin:
        name, budget = line.split()
        if name not in ROWS:
            print("-", flush=True)
            continue
        if name not in made:
            made.clear()
            made[name] = ROWS[name]()
        print(median_seconds(made[name], float(budget)), flush=True)


if __name__ == "__main__":
    main()
