package telos.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Storage;
import telos.tensor.Tensor;

/// A device that times what another one runs: where the time of a step goes.
///
/// What lies between the operations (checks, the tape, the walk over the model) is what is left of
/// the whole.
final class OpTimes implements Device {
  /// Calls and nanoseconds of one kind of operation.
  private static final class Row {
    int calls;
    long nanos;
  }

  private final Device device;
  private final boolean shapes;
  private final Map<String, Row> rows = new HashMap<>();

  /// @param shapes whether operations on other shapes count as another kind
  OpTimes(Device device, boolean shapes) {
    this.device = device;
    this.shapes = shapes;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public Storage run(Op op, Shape result) {
    return timed(op, () -> device.run(op, result));
  }

  @Override
  public @Nullable List<Tensor> run(Op.Fused op) {
    List<Tensor> outputs =
        OpTimes.<@Nullable List<Tensor>>timed(rows, key(op), () -> device.run(op));
    return outputs == null ? null : outputs.stream().map(this::here).toList();
  }

  private Tensor here(Tensor tensor) {
    return Tensor.wrap(this, tensor.storage(), tensor.shape(), tensor.dtype());
  }

  private <T> T timed(Op op, Supplier<T> body) {
    return timed(rows, key(op), body);
  }

  private static <T extends @Nullable Object> T timed(
      Map<String, Row> rows, String key, Supplier<T> body) {
    long start = System.nanoTime();
    T result = body.get();
    long nanos = System.nanoTime() - start;
    Row row = rows.computeIfAbsent(key, _ -> new Row());
    row.calls++;
    row.nanos += nanos;
    return result;
  }

  private String key(Op op) {
    StringBuilder key = new StringBuilder(op.name());
    if (op instanceof Op.MatMul matMul) {
      key.append(matMul.transposeA() ? " A'" : "").append(matMul.transposeB() ? " B'" : "");
    }
    if (shapes) {
      List<Tensor> inputs = op.inputs();
      inputs.stream().limit(3).forEach(input -> key.append(' ').append(input.shape()));
    }
    return key.toString();
  }

  @Override
  public Storage upload(Object array, DType dtype, int size) {
    return device.upload(array, dtype, size);
  }

  @Override
  public Object download(Storage storage, DType dtype, int size) {
    return device.download(storage, dtype, size);
  }

  @Override
  public void close() {
    device.close();
  }

  /// Forgets what was measured.
  void clear() {
    rows.clear();
  }

  /// One line for each kind of operation, the costliest first: calls and microseconds a step, share
  /// of the whole.
  ///
  /// @param steps how many were measured
  /// @param seconds what they took together
  String table(int steps, double seconds) {
    List<Map.Entry<String, Row>> sorted = new ArrayList<>(rows.entrySet());
    sorted.sort(Comparator.comparingLong(entry -> -entry.getValue().nanos));
    StringBuilder table = new StringBuilder();
    double inside = 0;
    for (Map.Entry<String, Row> entry : sorted) {
      Row row = entry.getValue();
      inside += row.nanos / 1e9;
      table.append(
          line(
              entry.getKey(),
              (double) row.calls / steps,
              row.nanos / 1e9 / steps,
              seconds / steps));
    }
    table.append(line("between operations", 0, (seconds - inside) / steps, seconds / steps));
    return table.append(line("step", 0, seconds / steps, seconds / steps)).toString();
  }

  private static String line(String name, double calls, double seconds, double whole) {
    return String.format(
        Locale.ROOT,
        "%-60s %6.1f %10.1f us %5.1f %%%n",
        name,
        calls,
        seconds * 1e6,
        100 * seconds / whole);
  }
}
