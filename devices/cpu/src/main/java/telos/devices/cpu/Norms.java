package telos.devices.cpu;

import java.util.Arrays;
import java.util.List;
import telos.tensor.DType;
import telos.tensor.Tensor;
import telos.tensor.fused.SquareSums;

/// Sums of squares of many tensors in one split over all their blocks, in the order of [Sums].
final class Norms {
  private static final double NANOS = 0.2;

  private Norms() {}

  static List<Tensor> squareSums(CpuDevice device, SquareSums op) {
    int count = op.leaves().size();
    float[][] leaves = new float[count][];
    int[] first = new int[count + 1];
    for (int i = 0; i < count; i++) {
      leaves[i] = CpuDevice.floats(op.leaves().get(i));
      first[i + 1] = first[i] + Sums.blocks(op.leaves().get(i).size(), Sums.BLOCK);
    }
    float[] partial = new float[first[count]];
    device
        .team()
        .split(
            first[count],
            1,
            NANOS * Sums.BLOCK,
            (from, to) -> {
              int leaf = Optimize.leafAt(first, from);
              for (int block = from; block < to; block++) {
                leaf = block < first[leaf + 1] ? leaf : leaf + 1;
                int at = (block - first[leaf]) * Sums.BLOCK;
                int n = Math.min(Sums.BLOCK, op.leaves().get(leaf).size() - at);
                partial[block] = Sums.dot(leaves[leaf], at, leaves[leaf], at, n);
              }
            });
    double[] sums = (double[]) device.take(DType.F64, count);
    for (int i = 0; i < count; i++) {
      float[] own = Arrays.copyOfRange(partial, first[i], first[i + 1]);
      sums[i] = Sums.tree(own, own.length);
    }
    return List.of(Tensor.wrap(device, device.memory(sums), op.shape(), DType.F64));
  }
}
