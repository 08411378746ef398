package telos.rl.mujoco;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Where one version of MuJoCo keeps the fields of its two structures. They move with nearly every
/// version, so `layouts.csv` has a line for each; a version without one is refused, not guessed.
///
/// @param version as `mj_version` gives it
/// @param offsets in bytes, by `model.` or `data.` and the field's name
record Layout(int version, Map<String, Integer> offsets) {
  private static final List<Layout> KNOWN = read();

  static Optional<Layout> of(int version) {
    return KNOWN.stream().filter(layout -> layout.version == version).findFirst();
  }

  /// The versions that have a line, for messages.
  static String known() {
    return name(KNOWN.getFirst().version) + " to " + name(KNOWN.getLast().version);
  }

  /// `222` is 2.2.2; from 3.5 on three digits stand for each part, `3005000` is 3.5.0.
  static String name(int version) {
    int base = version < 1_000 ? 10 : 1_000;
    return version / (base * base) + "." + version / base % base + "." + version % base;
  }

  String name() {
    return name(version);
  }

  long offset(String field) {
    return Objects.requireNonNull(offsets.get(field), field);
  }

  /// Whether sizes in bytes are `size_t` or 64-bit integers, as they are from 3.0 on, or `int`.
  boolean wide() {
    return version >= 300;
  }

  /// The bits for `mj_getState` that select all that a step depends on; 0 where the library has no
  /// such function.
  int integrationState() {
    return Math.toIntExact(offset("state"));
  }

  private static List<Layout> read() {
    try (InputStream stream =
            Objects.requireNonNull(Layout.class.getResourceAsStream("layouts.csv"));
        var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      List<String> lines = reader.lines().filter(line -> !line.startsWith("#")).toList();
      List<String> names = List.of(lines.getFirst().split(",", -1));
      List<Layout> layouts = new ArrayList<>();
      for (String line : lines.subList(1, lines.size())) {
        layouts.add(parse(names, line.split(",", -1)));
      }
      return List.copyOf(layouts);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Layout parse(List<String> names, String[] values) {
    Map<String, Integer> offsets = new HashMap<>();
    for (int i = 1; i < values.length; i++) {
      offsets.put(names.get(i), Integer.valueOf(values[i]));
    }
    return new Layout(Integer.parseInt(values[0]), Map.copyOf(offsets));
  }
}
