package telos.rl.environment;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The elements of a space as vectors of numbers, as Gymnasium flattens them: numbers as they are,
/// one of `n` as `n` numbers of which one is 1, the parts of tuples and dictionaries one after the
/// other, texts by the places of their characters in the alphabet (padded with the alphabet's
/// length).
///
/// @param <T> elements
public final class Flattening<T> {
  private final Space<T> space;
  private final Space.Box box;

  public Flattening(Space<T> space) {
    this.space = space;
    this.box = boxOf(space);
  }

  /// Where the vectors lie.
  public Space.Box box() {
    return box;
  }

  /// @throws IllegalArgumentException for what is no element
  public float[] of(T element) {
    space.require("element", element);
    float[] vector = new float[box.size()];
    write(space, element, vector, 0);
    return vector;
  }

  private static Space.Box boxOf(Space<?> space) {
    return switch (space) {
      case Space.Box flat when flat.shape().size() == 1 -> flat;
      case Space.Box deep -> Space.Box.of(deep.low(), deep.high());
      case Space.Discrete(int n, _) -> Space.Box.of(0, 1, n);
      case Space.MultiDiscrete(int[] n, _) -> Space.Box.of(0, 1, Arrays.stream(n).sum());
      case Space.MultiBinary(int n) -> Space.Box.of(0, 1, n);
      case Space.Text text -> Space.Box.of(0, text.alphabet().length(), text.maxLength());
      case Space.Tuple(var parts) -> joined(parts);
      case Space.Dict(var parts) -> joined(List.copyOf(parts.values()));
    };
  }

  private static Space.Box joined(List<Space<?>> parts) {
    List<Space.Box> boxes = parts.stream().<Space.Box>map(Flattening::boxOf).toList();
    int size = boxes.stream().mapToInt(Space.Box::size).sum();
    float[] low = new float[size];
    float[] high = new float[size];
    int at = 0;
    for (Space.Box each : boxes) {
      System.arraycopy(each.low(), 0, low, at, each.size());
      System.arraycopy(each.high(), 0, high, at, each.size());
      at += each.size();
    }
    return Space.Box.of(low, high);
  }

  /// Writes from index `at` on.
  ///
  /// @return the index behind it
  private static int write(Space<?> space, Object element, float[] vector, int at) {
    switch (space) {
      case Space.Box _ -> System.arraycopy((float[]) element, 0, vector, at, boxOf(space).size());
      case Space.Discrete(_, int start) -> vector[at + (Integer) element - start] = 1;
      case Space.MultiDiscrete several -> hot(several, (int[]) element, vector, at);
      case Space.MultiBinary _ -> bits((boolean[]) element, vector, at);
      case Space.Text text -> characters(text, (String) element, vector, at);
      case Space.Tuple(var parts) -> {
        return writeAll(parts, (List<?>) element, vector, at);
      }
      case Space.Dict(var parts) -> {
        var values = parts.keySet().stream().<Object>map(((Map<?, ?>) element)::get).toList();
        return writeAll(List.copyOf(parts.values()), values, vector, at);
      }
    }
    return at + boxOf(space).size();
  }

  private static int writeAll(List<Space<?>> parts, List<?> values, float[] vector, int from) {
    int at = from;
    for (int i = 0; i < parts.size(); i++) {
      at = write(parts.get(i), values.get(i), vector, at);
    }
    return at;
  }

  private static void hot(Space.MultiDiscrete space, int[] values, float[] vector, int from) {
    int at = from;
    for (int i = 0; i < values.length; i++) {
      vector[at + values[i] - space.start()[i]] = 1;
      at += space.n()[i];
    }
  }

  private static void bits(boolean[] bits, float[] vector, int at) {
    for (int i = 0; i < bits.length; i++) {
      vector[at + i] = bits[i] ? 1 : 0;
    }
  }

  private static void characters(Space.Text space, String text, float[] vector, int at) {
    for (int i = 0; i < space.maxLength(); i++) {
      boolean inside = i < text.length();
      vector[at + i] =
          inside ? space.alphabet().indexOf(text.charAt(i)) : space.alphabet().length();
    }
  }
}
