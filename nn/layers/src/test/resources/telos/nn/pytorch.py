"""Writes pytorch.txt: what PyTorch's layers make of weights and inputs that are sines.

usage: python pytorch.py > pytorch.txt
"""
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def wave(phase, *dims):
    """0.5 sin(phase + i) for the i-th element, row-major."""
    n = 1
    for d in dims:
        n *= d
    return (0.5 * torch.sin(phase + torch.arange(n, dtype=torch.float64))).float().reshape(dims)


def show(name, *tensors):
    values = [x for t in tensors for x in t.detach().flatten().tolist()]
    print(name, *("%.9g" % v for v in values))


def attention(name, width, source, heads, x, memory, lengths):
    layer = nn.MultiheadAttention(width, heads, batch_first=True, kdim=source, vdim=source).eval()
    q, k, v = wave(1, width, width).T, wave(2, source, width).T, wave(3, source, width).T
    if source == width:
        layer.in_proj_weight = nn.Parameter(torch.cat([q, k, v]))
    else:
        layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight = map(nn.Parameter, (q, k, v))
    layer.in_proj_bias = nn.Parameter(wave(4, 3 * width))
    layer.out_proj.weight = nn.Parameter(wave(5, width, width).T)
    layer.out_proj.bias = nn.Parameter(wave(6, width))
    padding = torch.arange(memory.shape[1])[None, :] >= torch.tensor(lengths)[:, None]
    show(name, layer(x, memory, memory, key_padding_mask=padding)[0])


attention("self", 8, 8, 2, wave(7, 2, 4, 8), wave(7, 2, 4, 8), [4, 2])
attention("cross", 8, 6, 4, wave(7, 2, 3, 8), wave(8, 2, 5, 6), [2, 5])


def recurrent(name, layer, gates):
    phase = 10
    for suffix in ("l0", "l0_reverse", "l1", "l1_reverse"):
        rows = 3 if suffix.startswith("l0") else 8
        setattr(layer, "weight_ih_" + suffix, nn.Parameter(wave(phase, rows, gates * 4).T.contiguous()))
        setattr(layer, "bias_ih_" + suffix, nn.Parameter(wave(phase + 1, gates * 4)))
        setattr(layer, "weight_hh_" + suffix, nn.Parameter(wave(phase + 2, 4, gates * 4).T.contiguous()))
        setattr(layer, "bias_hh_" + suffix, nn.Parameter(wave(phase + 3, gates * 4)))
        phase += 4
    packed = pack_padded_sequence(wave(9, 3, 4, 3), [2, 4, 1], batch_first=True, enforce_sorted=False)
    outputs, final = layer(packed)
    show(name + ".outputs", pad_packed_sequence(outputs, batch_first=True)[0])
    show(name + ".final", *(final if isinstance(final, tuple) else (final,)))


recurrent("lstm", nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True), 4)
recurrent("gru", nn.GRU(3, 4, num_layers=2, bidirectional=True, batch_first=True), 3)

x = wave(3, 2, 3, 5, 6)
conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)
conv.weight, conv.bias = nn.Parameter(wave(1, 4, 3, 3, 3)), nn.Parameter(wave(2, 4))
show("conv2d", conv(x))
show("maxPool", nn.MaxPool2d(3, 2, 1)(x))
show("averagePool", nn.AvgPool2d(3, 2, 1)(x))

norm = nn.BatchNorm2d(3)
norm.weight, norm.bias = nn.Parameter(wave(1, 3)), nn.Parameter(wave(2, 3))
show("batchNorm.train", norm(x))
show("batchNorm.statistics", norm.running_mean, norm.running_var)
show("batchNorm.eval", norm.eval()(x))

norm = nn.GroupNorm(2, 4)
norm.weight, norm.bias = nn.Parameter(wave(1, 4)), nn.Parameter(wave(2, 4))
show("groupNorm", norm(wave(5, 2, 4, 3)))
