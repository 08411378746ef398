package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.SQRT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import telos.tensor.Recorder;
import telos.tensor.Storage;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;

/// AdamW over all leaves in one split, as if they were one array: small leaves share chunks, and
/// each element is read and written once. Moments that the operation owns are written where they
/// lie: two streams of memory fewer of the ten (a write to other memory reads it first).
///
/// A moment below the smallest normal number becomes zero. Those of a unit that has died sink for
/// ever otherwise, end at the smallest subnormal, whose product with beta rounds to itself, and
/// each register that holds one costs Intel's processors more than a hundred cycles an operation.
final class Optimize {
  private Optimize() {}

  /// One leaf: weights, gradient and moments in, the same out; `m2` may be `m`, and `v2` may be
  /// `v`.
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
    Set<Storage> free = free(op);
    Leaf[] leaves = new Leaf[count];
    int[] first = new int[count + 1];
    for (int i = 0; i < count; i++) {
      leaves[i] = leaf(device, op, i, free);
      first[i + 1] = Math.addExact(first[i], leaves[i].size);
    }
    // Before the first write: a step that fails leaves no moments half old and half new.
    List<Tensor> results = results(device, op, leaves);
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
    return results;
  }

  /// The leaf that holds element (or block) `at` of all leaves in a row; leaf `i` begins at
  /// `first[i]`.
  static int leafAt(int[] first, int at) {
    int found = Arrays.binarySearch(first, at);
    return found >= 0 ? found : -found - 2;
  }

  /// The storages that the new moments may take over: given up, and read as one moment only.
  private static Set<Storage> free(AdamW op) {
    Set<Storage> free = new HashSet<>();
    if (op.owned() && !Recorder.active()) {
      Set<Storage> seen = new HashSet<>();
      Stream.concat(op.weights().stream(), op.gradients().stream())
          .forEach(tensor -> seen.add(tensor.storage()));
      Stream.concat(op.firstMoments().stream(), op.secondMoments().stream())
          .map(Tensor::storage)
          .filter(CpuDevice::isOurs)
          .forEach(storage -> {
            if (seen.add(storage)) {
              free.add(storage);
            } else {
              free.remove(storage);
            }
          });
    }
    return free;
  }

  private static Leaf leaf(CpuDevice device, AdamW op, int i, Set<Storage> free) {
    Tensor m = op.firstMoments().get(i);
    Tensor v = op.secondMoments().get(i);
    int size = op.weights().get(i).size();
    return new Leaf(
        CpuDevice.floats(op.weights().get(i)),
        CpuDevice.floats(op.gradients().get(i)),
        CpuDevice.floats(m),
        CpuDevice.floats(v),
        device.floats(size),
        free.contains(m.storage()) ? CpuDevice.floats(m) : device.floats(size),
        free.contains(v.storage()) ? CpuDevice.floats(v) : device.floats(size),
        size,
        (float) (1 - op.rates().learningRate() * op.rates().decay().get(i)));
  }

  private static List<Tensor> results(CpuDevice device, AdamW op, Leaf[] leaves) {
    List<Tensor> results = new ArrayList<>();
    List<Tensor> first = new ArrayList<>();
    List<Tensor> second = new ArrayList<>();
    for (int i = 0; i < leaves.length; i++) {
      Leaf leaf = leaves[i];
      results.add(device.tensor(leaf.w2, op.weights().get(i).shape()));
      first.add(moment(device, op.firstMoments().get(i), leaf.m, leaf.m2));
      second.add(moment(device, op.secondMoments().get(i), leaf.v, leaf.v2));
    }
    results.addAll(first);
    results.addAll(second);
    return results;
  }

  private static Tensor moment(CpuDevice device, Tensor old, float[] from, float[] to) {
    return from == to ? device.successor(old) : device.tensor(to, old.shape());
  }

  private static void step(Leaf leaf, Numbers k, int from, int to) {
    int i = from;
    for (; i <= to - WIDTH; i += FLOAT.length()) {
      FloatVector g = fromArray(FLOAT, leaf.g, i);
      FloatVector m = normal(fromArray(FLOAT, leaf.m, i).mul(k.beta1).add(g.mul(k.rest1)));
      FloatVector v = normal(fromArray(FLOAT, leaf.v, i).mul(k.beta2).add(g.mul(g).mul(k.rest2)));
      FloatVector scale = v.lanewise(SQRT).mul(k.correction).add(k.eps);
      FloatVector w =
          fromArray(FLOAT, leaf.w, i).mul(leaf.shrink).sub(m.mul(k.stepSize).div(scale));
      w.intoArray(leaf.w2, i);
      m.intoArray(leaf.m2, i);
      v.intoArray(leaf.v2, i);
    }
    for (; i < to; i++) {
      float g = leaf.g[i];
      float m = normal(leaf.m[i] * k.beta1 + g * k.rest1);
      float v = normal(leaf.v[i] * k.beta2 + g * g * k.rest2);
      float scale = (float) Math.sqrt(v) * k.correction + k.eps;
      leaf.w2[i] = leaf.w[i] * leaf.shrink - m * k.stepSize / scale;
      leaf.m2[i] = m;
      leaf.v2[i] = v;
    }
  }

  private static FloatVector normal(FloatVector x) {
    return x.blend(0f, x.abs().lt(Float.MIN_NORMAL));
  }

  private static float normal(float x) {
    return Math.abs(x) < Float.MIN_NORMAL ? 0 : x;
  }
}
