package telos.devices.opencl;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import telos.tensor.DType;

/// Errors that only the values on the device show, such as an index outside its axis. A kernel that
/// meets one writes the number of its error, a value and a position to a flag in device memory, and
/// goes on with something harmless. The host looks at the flag when it waits for the device anyway,
/// so the error is thrown by the first reading of a value after it, with the name of its operation.
final class Faults {
  private static final int WORDS = 4;

  /// Makes the exception of an index that is no index.
  interface Failure {
    RuntimeException of(int value, int position);
  }

  private final Memory memory;
  private final OpenClStorage flag;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<Failure> failures = new ArrayList<>();

  Faults(Memory memory) {
    this.memory = memory;
    this.flag = new OpenClStorage(memory, DType.I32, WORDS, "flag of errors");
    clear();
  }

  private void clear() {
    memory.queue().write(flag.buffer(), new int[WORDS], WORDS * Integer.BYTES);
  }

  OpenClStorage flag() {
    return flag;
  }

  /// The number of an error that a kernel may report.
  ///
  /// @param key tells errors of different wording apart
  synchronized int expect(String key, Failure failure) {
    return numbers.computeIfAbsent(
        key,
        _ -> {
          failures.add(failure);
          return failures.size();
        });
  }

  /// An index outside `[0, extent)`.
  int expectIndex(String op, int extent) {
    return expect(
        op + " " + extent,
        (value, position) ->
            new IndexOutOfBoundsException(
                "%s: index %d at position %d lies not in [0, %d)"
                    .formatted(op, value, position, extent)));
  }

  /// Waits for the device, and throws the first error since the last look.
  void check() {
    if (!expects()) {
      return;
    }
    int[] words = new int[WORDS];
    memory.queue().read(flag.buffer(), words, WORDS * Integer.BYTES);
    if (words[0] != 0) {
      clear();
      throw failure(words[0]).of(words[1], words[2]);
    }
  }

  private synchronized boolean expects() {
    return !failures.isEmpty();
  }

  private synchronized Failure failure(int number) {
    return failures.get(number - 1);
  }
}
