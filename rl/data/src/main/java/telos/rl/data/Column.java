package telos.rl.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import telos.tensor.Tensor;

/// Elements of a space one below the other, a row each: its shape is that of the space, so that no
/// value is flattened or renamed on its way through a file.
public sealed interface Column {
  /// Whether this has so many rows, all of its parts included.
  boolean hasRows(int rows);

  /// Elements of a box (F32, F64 or I32 `[R, ...]`), of a discrete space (I32 `[R]`, counted as the
  /// space counts), of several of them (I32 `[R, n]`), or bits (BOOL `[R, n]`).
  record Numbers(Tensor values) implements Column {
    @Override
    public boolean hasRows(int rows) {
      return values.rank() > 0 && values.dim(0) == rows;
    }
  }

  /// Texts.
  record Texts(List<String> values) implements Column {
    public Texts {
      values = List.copyOf(values);
    }

    @Override
    public boolean hasRows(int rows) {
      return values.size() == rows;
    }
  }

  /// The parts of tuples, a column each.
  record Parts(List<Column> parts) implements Column {
    public Parts {
      parts = List.copyOf(parts);
    }

    @Override
    public boolean hasRows(int rows) {
      return parts.stream().allMatch(part -> part.hasRows(rows));
    }
  }

  /// What dictionaries have under each name, a column each.
  record Fields(Map<String, Column> fields) implements Column {
    public Fields {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /// No fields.
    public static final Fields NONE = new Fields(Map.of());

    @Override
    public boolean hasRows(int rows) {
      return fields.values().stream().allMatch(field -> field.hasRows(rows));
    }
  }
}
