package telos.tensor.fused;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Derivative of [Attention] by its packed input, `[B, T, H + 2K, D]`.
///
/// With weights `P` and `dP = g V^T`: `dV = P^T g`, `dS = P (dP - rowsum(P dP)) scale`, `dQ = dS
/// K`, `dK = dS^T Q`; key and value heads sum over their group.
///
/// @param forward the attention whose derivative this is
/// @param y its result `[B, T, H, D]`
/// @param statistics its residual `[B, H, T, 2]`
/// @param g `[B, T, H, D]`
public record AttentionGrad(Attention forward, Tensor y, Tensor statistics, Tensor g)
    implements Op.Fused {
  @Override
  public List<Tensor> inputs() {
    return List.of(forward.qkv(), y, statistics, g);
  }

  @Override
  public AttentionGrad with(List<Tensor> in) {
    return new AttentionGrad(forward.with(in.subList(0, 1)), in.get(1), in.get(2), in.get(3));
  }

  @Override
  public Shape shape() {
    return forward.qkv().shape();
  }

  @Override
  public DType dtype() {
    return g.dtype();
  }

  @Override
  public List<Tensor> definition() {
    int keyHeads = forward.keyHeads();
    Attention.Parts parts = Attention.Parts.of(forward.qkv(), forward.heads(), keyHeads);
    Tensor max = statistics.at(3, 0).unsqueeze(-1);
    Tensor inverse = statistics.at(3, 1).unsqueeze(-1);
    Tensor p = parts.scores(forward.scale(), forward.window()).sub(max).exp().mul(inverse);
    Tensor dy = g.permute(0, 2, 1, 3);
    Tensor along = dy.mul(y.permute(0, 2, 1, 3)).sum(-1).unsqueeze(-1);
    Tensor ds = p.mul(dy.matMul(parts.values(), false, true).sub(along)).mul(forward.scale());
    Tensor dq = ds.matMul(parts.keys());
    Tensor dk = ds.matMul(parts.queries(), true, false);
    Tensor dv = p.matMul(dy, true, false);
    return List.of(
        Tensor.concat(1, List.of(dq, grouped(dk, keyHeads), grouped(dv, keyHeads)))
            .permute(0, 2, 1, 3));
  }

  private static Tensor grouped(Tensor x, int keyHeads) {
    Shape shape = x.shape();
    return x.reshape(shape.dim(0), keyHeads, shape.dim(1) / keyHeads, shape.dim(2), shape.dim(3))
        .sum(2);
  }
}
