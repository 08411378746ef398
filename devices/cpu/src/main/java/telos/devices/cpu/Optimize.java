package telos.devices.cpu;

import static jdk.incubator.vector.VectorOperators.SQRT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;

/// AdamW over all leaves in one split, as if they were one array: small leaves share chunks, and
/// each element is read and written once.
final class Optimize {
  private Optimize() {}

  /// One leaf: weights, gradient and moments in, the same out.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Leaf(
      float[] w,
      float[] g,
      float[] m,
      float[] v,
      float[] w2,
      float[] m2,
      float[] v2,
      int size,
      float shrink) {}

  /// The numbers of the step as floats.
  private record Numbers(
      float beta1,
      float rest1,
      float beta2,
      float rest2,
      float correction,
      float eps,
      float stepSize) {
    static Numbers of(AdamW.Rates rates) {
      return new Numbers(
          (float) rates.beta1(),
          (float) (1 - rates.beta1()),
          (float) rates.beta2(),
          (float) (1 - rates.beta2()),
          (float) rates.secondCorrection(),
          (float) rates.eps(),
          (float) rates.stepSize());
    }
  }

  static List<Tensor> adamW(CpuDevice device, AdamW op) {
    Numbers numbers = Numbers.of(op.rates());
    int count = op.weights().size();
    Leaf[] leaves = new Leaf[count];
    int[] first = new int[count + 1];
    for (int i = 0; i < count; i++) {
      leaves[i] = leaf(device, op, i);
      first[i + 1] = Math.addExact(first[i], leaves[i].size);
    }
    device
        .team()
        .split(
            first[count],
            Elementwise.CHUNK,
            0.5,
            (from, to) -> {
              for (int i = leafAt(first, from); i < count && first[i] < to; i++) {
                int begin = Math.max(from, first[i]) - first[i];
                step(leaves[i], numbers, begin, Math.min(to, first[i + 1]) - first[i]);
              }
            });
    return results(device, op, leaves);
  }

  /// The leaf that holds element `at` of all leaves in a row.
  private static int leafAt(int[] first, int at) {
    int found = Arrays.binarySearch(first, at);
    return found >= 0 ? found : -found - 2;
  }

  private static Leaf leaf(CpuDevice device, AdamW op, int i) {
    int size = op.weights().get(i).size();
    return new Leaf(
        CpuDevice.floats(op.weights().get(i)),
        CpuDevice.floats(op.gradients().get(i)),
        CpuDevice.floats(op.firstMoments().get(i)),
        CpuDevice.floats(op.secondMoments().get(i)),
        device.floats(size),
        device.floats(size),
        device.floats(size),
        size,
        (float) (1 - op.rates().learningRate() * op.rates().decay().get(i)));
  }

  private static List<Tensor> results(CpuDevice device, AdamW op, Leaf[] leaves) {
    List<Tensor> results = new ArrayList<>();
    List<Tensor> first = new ArrayList<>();
    List<Tensor> second = new ArrayList<>();
    for (int i = 0; i < leaves.length; i++) {
      var shape = op.weights().get(i).shape();
      results.add(device.tensor(leaves[i].w2, shape));
      first.add(device.tensor(leaves[i].m2, shape));
      second.add(device.tensor(leaves[i].v2, shape));
    }
    results.addAll(first);
    results.addAll(second);
    return results;
  }

  private static void step(Leaf leaf, Numbers k, int from, int to) {
    int i = from;
    for (; i <= to - WIDTH; i += FLOAT.length()) {
      FloatVector g = Lanes.load(leaf.g, i);
      FloatVector m = Lanes.load(leaf.m, i).mul(k.beta1).add(g.mul(k.rest1));
      FloatVector v = Lanes.load(leaf.v, i).mul(k.beta2).add(g.mul(g).mul(k.rest2));
      FloatVector scale = v.lanewise(SQRT).mul(k.correction).add(k.eps);
      FloatVector w = Lanes.load(leaf.w, i).mul(leaf.shrink).sub(m.mul(k.stepSize).div(scale));
      w.intoArray(leaf.w2, i);
      m.intoArray(leaf.m2, i);
      v.intoArray(leaf.v2, i);
    }
    for (; i < to; i++) {
      float g = leaf.g[i];
      float m = leaf.m[i] * k.beta1 + g * k.rest1;
      float v = leaf.v[i] * k.beta2 + g * g * k.rest2;
      float scale = (float) Math.sqrt(v) * k.correction + k.eps;
      leaf.w2[i] = leaf.w[i] * leaf.shrink - m * k.stepSize / scale;
      leaf.m2[i] = m;
      leaf.v2[i] = v;
    }
  }
}
