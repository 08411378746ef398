package telos.nn.text;

import java.util.List;

/// Looks for the first of some strings in a text that comes in parts, and holds back what may turn
/// out to be the beginning of one: what [#add] has returned is never part of a stop string, however
/// the text was cut. Of two that end at the same character the longer counts. Linear in the text
/// (Knuth, Morris and Pratt 1977).
///
///     String certain = stops.add(stream.add(token));
///     boolean over = stops.found();
public final class StopStrings {
  private final List<String> stops;
  private final int[][] borders;
  private final int[] matched;
  private final StringBuilder held = new StringBuilder();
  private boolean found;
  private int passed;

  /// @param stops none of them empty
  public StopStrings(List<String> stops) {
    if (stops.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException("stop strings: one is empty, which is found at once");
    }
    this.stops = List.copyOf(stops);
    borders = stops.stream().map(StopStrings::borders).toArray(int[][]::new);
    matched = new int[stops.size()];
  }

  /// Of each beginning, the length of the longest shorter beginning that it ends in.
  private static int[] borders(String stop) {
    int[] borders = new int[stop.length() + 1];
    int k = 0;
    for (int i = 1; i < stop.length(); i++) {
      while (k > 0 && stop.charAt(i) != stop.charAt(k)) {
        k = borders[k];
      }
      k = stop.charAt(i) == stop.charAt(k) ? k + 1 : 0;
      borders[i + 1] = k;
    }
    return borders;
  }

  /// The text that has become certain with this part; empty once a stop string was found.
  public String add(String part) {
    for (int i = 0; i < part.length() && !found; i++) {
      held.append(part.charAt(i));
      int whole = advance(part.charAt(i));
      if (whole > 0) {
        found = true;
        return release(held.length() - whole);
      }
    }
    return found ? "" : release(held.length() - longestBeginning());
  }

  /// What was held back, when nothing comes any more.
  public String finish() {
    return found ? "" : release(held.length());
  }

  /// Whether a stop string was found: the text ends before it.
  public boolean found() {
    return found;
  }

  /// How many characters were returned: where the stop string begins, once it is found.
  public int passed() {
    return passed;
  }

  /// Reads a character.
  ///
  /// @return the length of the longest stop string that ends here, or 0
  private int advance(char c) {
    int whole = 0;
    for (int s = 0; s < matched.length; s++) {
      String stop = stops.get(s);
      int k = matched[s];
      while (k > 0 && stop.charAt(k) != c) {
        k = borders[s][k];
      }
      matched[s] = stop.charAt(k) == c ? k + 1 : 0;
      whole = matched[s] == stop.length() ? Math.max(whole, stop.length()) : whole;
    }
    return whole;
  }

  private int longestBeginning() {
    int longest = 0;
    for (int length : matched) {
      longest = Math.max(longest, length);
    }
    return longest;
  }

  private String release(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    passed += length;
    return text;
  }
}
