package telos.devices.opencl;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.Storage;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.SquareSums;

/// Operations over all leaves of a model in one launch. OpenCL 1.2 has no arrays of pointers, so a
/// kernel is generated that has the pointers of many leaves as parameters, as many as the device's
/// limit allows: 14 leaves of AdamW in the least, 1 024 bytes. Work-groups are shared out among the
/// leaves, so that each sees one leaf, found by its number; more leaves need another launch.
final class Leaves {
  /// Bytes of a pointer, the most that is counted for a number.
  private static final int PARAMETER = 8;

  /// Elements of a block of a sum of squares.
  private static final int BLOCK = 4096;

  private Leaves() {}

  /// How many leaves of so many parameters each fit a launch, beside 8 parameters for all.
  private static int most(OpenClDevice device, int parameters) {
    return Math.clamp((device.hardware().parameterBytes() / PARAMETER - 8) / parameters, 1, 64);
  }

  // --- AdamW ---

  static List<Tensor> adamW(OpenClDevice device, AdamW op) {
    int count = op.weights().size();
    List<Tensor> weights = fresh(device, op.weights(), op.name());
    Set<Storage> free = free(op);
    List<Tensor> first = moments(device, op.firstMoments(), free, op.name());
    List<Tensor> second = moments(device, op.secondMoments(), free, op.name());
    int most = most(device, 9);
    for (int from = 0; from < count; from += most) {
      step(device, op, from, Math.min(count, from + most), weights, first, second);
    }
    return Stream.of(
            weights,
            heirs(device, op.firstMoments(), first, op.name()),
            heirs(device, op.secondMoments(), second, op.name()))
        .flatMap(List::stream)
        .toList();
  }

  private static List<Tensor> fresh(OpenClDevice device, List<Tensor> like, String maker) {
    return like.stream()
        .map(x -> device.tensor(device.storage(DType.F32, x.size(), maker), x.shape(), DType.F32))
        .toList();
  }

  /// New moments are written where the old ones lie, if those are given up.
  private static List<Tensor> moments(
      OpenClDevice device, List<Tensor> old, Set<Storage> free, String maker) {
    List<Tensor> moments = new ArrayList<>();
    for (Tensor moment : old) {
      boolean own = free.contains(moment.storage());
      moments.add(own ? moment : fresh(device, List.of(moment), maker).getFirst());
    }
    return moments;
  }

  /// What was written in place lives on in storages of its own, and the old ones are dead.
  private static List<Tensor> heirs(
      OpenClDevice device, List<Tensor> old, List<Tensor> moments, String maker) {
    List<Tensor> heirs = new ArrayList<>();
    for (int i = 0; i < old.size(); i++) {
      Tensor moment = moments.get(i);
      heirs.add(
          old.get(i) == moment
              ? device.tensor(OpenClStorage.of(moment).successor(maker), moment.shape(), DType.F32)
              : moment);
    }
    return heirs;
  }

  /// The storages that new moments may take over: given up, and read as one moment only.
  private static Set<Storage> free(AdamW op) {
    Set<Storage> free = new HashSet<>();
    if (op.owned() && !Recorder.active()) {
      Set<Storage> seen = new HashSet<>();
      Stream.concat(op.weights().stream(), op.gradients().stream())
          .forEach(tensor -> seen.add(tensor.storage()));
      Stream.concat(op.firstMoments().stream(), op.secondMoments().stream())
          .map(Tensor::storage)
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

  private static void step(
      OpenClDevice device,
      AdamW op,
      int from,
      int to,
      List<Tensor> weights,
      List<Tensor> first,
      List<Tensor> second) {
    int group = device.group();
    AdamW.Rates rates = op.rates();
    var text = new KernelText();
    text.parameter("const float beta1", (float) rates.beta1());
    text.parameter("const float rest1", (float) (1 - rates.beta1()));
    text.parameter("const float beta2", (float) rates.beta2());
    text.parameter("const float rest2", (float) (1 - rates.beta2()));
    text.parameter("const float correction", (float) rates.secondCorrection());
    text.parameter("const float eps", (float) rates.eps());
    text.parameter("const float stepSize", (float) rates.stepSize());
    text.line("int b = get_group_id(0), n = 0; float shrink = 0;");
    text.line(
        "global const float *w = 0, *g = 0, *m = 0, *v = 0; global float *newW = 0, *newM = 0, *newV = 0;");
    int groups = 0;
    for (int i = from; i < to; i++) {
      int k = i - from;
      int size = op.weights().get(i).size();
      text.parameter("global const float *w" + k, OpenClStorage.of(op.weights().get(i)));
      text.parameter("global const float *g" + k, OpenClStorage.of(op.gradients().get(i)));
      text.parameter("global const float *m" + k, OpenClStorage.of(op.firstMoments().get(i)));
      text.parameter("global const float *v" + k, OpenClStorage.of(op.secondMoments().get(i)));
      text.parameter("global float *x" + k, OpenClStorage.of(weights.get(i)));
      text.parameter("global float *y" + k, OpenClStorage.of(first.get(i)));
      text.parameter("global float *z" + k, OpenClStorage.of(second.get(i)));
      text.parameter("const int n" + k, size);
      text.parameter(
          "const float s" + k, (float) (1 - rates.learningRate() * rates.decay().get(i)));
      text.line(
          ("if (n == 0 && b < (n%1$d + GROUP - 1) / GROUP) { w = w%1$d; g = g%1$d; m = m%1$d; v = v%1$d;"
                  + " newW = x%1$d; newM = y%1$d; newV = z%1$d; n = n%1$d; shrink = s%1$d; }"
                  + " if (n == 0) b -= (n%1$d + GROUP - 1) / GROUP;")
              .replace("GROUP", String.valueOf(group))
              .formatted(k));
      groups += (size + group - 1) / group;
    }
    text.line("const int i = b * %d + (int) get_local_id(0);".formatted(group));
    text.line("if (i >= n) return;");
    text.line("const float gradient = g[i];");
    text.line("const float mean = m[i] * beta1 + gradient * rest1;");
    text.line("const float square = v[i] * beta2 + gradient * gradient * rest2;");
    text.line("newW[i] = w[i] * shrink - mean * stepSize / (sqrt(square) * correction + eps);");
    text.line("newM[i] = mean;");
    text.line("newV[i] = square;");
    if (groups > 0) {
      text.run(device.programs(), Range.groups(groups, group));
    }
  }

  // --- sums of squares ---

  static List<Tensor> squareSums(OpenClDevice device, SquareSums op) {
    int count = op.leaves().size();
    OpenClStorage sums = device.storage(DType.F32, count, op.name());
    int most = most(device, 3);
    for (int from = 0; from < count; from += most) {
      squares(device, op.leaves().subList(from, Math.min(count, from + most)), sums, from);
    }
    Tensor singles = device.tensor(sums, op.shape(), DType.F32);
    var doubles = device.run(new Op.Cast(singles, DType.F64), op.shape());
    sums.consume();
    return List.of(Tensor.wrap(device, doubles, op.shape(), DType.F64));
  }

  /// Blocks of [#BLOCK] elements first, one for each group, then the blocks of each leaf in order.
  private static void squares(
      OpenClDevice device, List<Tensor> leaves, OpenClStorage sums, int at) {
    int group = device.group();
    var text = new KernelText();
    int blocks = leaves.stream().mapToInt(leaf -> (leaf.size() + BLOCK - 1) / BLOCK).sum();
    OpenClStorage parts = device.storage(DType.F32, Math.max(1, blocks), "squareSums");
    text.parameter("global float *parts", parts);
    text.line("local float own[%d];".formatted(group));
    text.line("int b = get_group_id(0), n = 0; global const float *x = 0;");
    for (int k = 0; k < leaves.size(); k++) {
      text.parameter("global const float *x" + k, OpenClStorage.of(leaves.get(k)));
      text.parameter("const int n" + k, leaves.get(k).size());
      text.line(
          ("if (n == 0 && b < (n%1$d + %2$d) / %3$d) { x = x%1$d; n = n%1$d; }"
                  + " if (n == 0) b -= (n%1$d + %2$d) / %3$d;")
              .formatted(k, BLOCK - 1, BLOCK));
    }
    text.line("const int item = get_local_id(0);");
    text.line("const int end = min(n, (b + 1) * %d);".formatted(BLOCK));
    text.line("float sum = 0;");
    text.line(
        "for (int i = b * %d + item; i < end; i += %d) sum += x[i] * x[i];"
            .formatted(BLOCK, group));
    text.line("own[item] = sum;");
    text.line("for (int other = %d; other > 0; other /= 2) {".formatted(group / 2));
    text.line("  barrier(CLK_LOCAL_MEM_FENCE);");
    text.line("  if (item < other) own[item] += own[item + other];");
    text.line("}");
    text.line("if (item == 0) parts[get_group_id(0)] = own[0];");
    if (blocks > 0) {
      text.run(device.programs(), Range.groups(blocks, group));
    }
    joined(device, leaves, parts, sums, at);
    parts.consume();
  }

  private static void joined(
      OpenClDevice device, List<Tensor> leaves, OpenClStorage parts, OpenClStorage sums, int at) {
    int[] starts = new int[leaves.size() + 1];
    for (int k = 0; k < leaves.size(); k++) {
      starts[k + 1] = starts[k] + (leaves.get(k).size() + BLOCK - 1) / BLOCK;
    }
    var bounds = (OpenClStorage) device.upload(starts, DType.I32, starts.length);
    device
        .programs()
        .kernel("reduce", DType.F32, "sumParts", "GROUP=" + device.group())
        .run(Range.of(leaves.size(), device.group()), parts, bounds, sums, leaves.size(), at);
    bounds.consume();
  }
}
