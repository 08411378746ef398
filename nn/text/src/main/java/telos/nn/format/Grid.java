package telos.nn.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import telos.nn.format.OnnxExport.Axis;

/// The extents of the open axes in the runs by which a function is traced: every corner of a box,
/// which determines an [Extent], and one more run inside it, in which the extent must hold too.
///
/// @param axes the open axes
record Grid(List<Axis> axes) {
  private static final int EDGE = 2;

  Grid {
    axes = List.copyOf(axes);
  }

  int runs() {
    return corners() + 1;
  }

  private int corners() {
    return 1 << axes.size();
  }

  /// The extent of an axis in a run.
  int extent(int run, int axis) {
    return low(axis) + (run == corners() ? EDGE / 2 : EDGE * (run >> axis & 1));
  }

  /// Small, other than one, and if possible other than that of another axis.
  private int low(int axis) {
    Axis a = axes.get(axis);
    return Math.clamp(3 + axis, a.least(), a.most() - EDGE);
  }

  /// The extents of a run in words.
  String text(int run) {
    return String.join(
        ", ",
        IntStream.range(0, axes.size())
            .mapToObj(i -> "%s = %d".formatted(axes.get(i).name(), extent(run, i)))
            .toList());
  }

  /// The extent that takes these values, one a run; empty where no polynomial does.
  Optional<Extent> through(IntToLongFunction valueOfRun) {
    long[] terms = IntStream.range(0, corners()).mapToLong(valueOfRun).toArray();
    for (int axis = 0; axis < axes.size(); axis++) {
      for (int set = 0; set < terms.length; set++) {
        int with = set | 1 << axis;
        if (with != set) {
          long rise = terms[with] - terms[set];
          if (rise % EDGE != 0) {
            return Optional.empty();
          }
          terms[with] = rise / EDGE;
          terms[set] -= terms[with] * low(axis);
        }
      }
    }
    boolean holds = value(terms, corners()) == valueOfRun.applyAsLong(corners());
    return holds
        ? Optional.of(new Extent(LongStream.of(terms).boxed().toList()))
        : Optional.empty();
  }

  private long value(long[] terms, int run) {
    long sum = 0;
    for (int set = 0; set < terms.length; set++) {
      long product = terms[set];
      for (int axis = 0; axis < axes.size(); axis++) {
        product *= (set >> axis & 1) == 1 ? extent(run, axis) : 1;
      }
      sum += product;
    }
    return sum;
  }

  /// The same number in every run.
  Extent constant(long value) {
    var terms = new ArrayList<Long>(java.util.Collections.nCopies(corners(), 0L));
    terms.set(0, value);
    return new Extent(terms);
  }
}
