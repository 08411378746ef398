package telos.nn.serve;

import java.util.List;

/// Looks for the first of some strings in a text that comes in parts, and holds back what may turn
/// out to be the beginning of one: what [#add] has returned is never part of a stop string. Of two
/// that end at the same character the longer counts. Linear in the text however long the strings
/// are (Knuth, Morris and Pratt 1977).
final class StopTexts {
  private final List<String> stops;
  private final int[][] borders;
  private final int[] matched;
  private final StringBuilder held = new StringBuilder();
  private boolean found;
  private int passed;

  /// @param stops none of them empty
  StopTexts(List<String> stops) {
    this.stops = List.copyOf(stops);
    this.borders = stops.stream().map(StopTexts::borders).toArray(int[][]::new);
    this.matched = new int[stops.size()];
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

  /// The text that has become certain with this part. After a stop string was found it is empty.
  String add(String part) {
    for (int i = 0; i < part.length() && !found; i++) {
      char c = part.charAt(i);
      held.append(c);
      int whole = advance(c);
      if (whole > 0) {
        found = true;
        held.setLength(held.length() - whole);
        return release(held.length());
      }
    }
    return found ? "" : release(held.length() - longestMatch());
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
      if (matched[s] == stop.length()) {
        whole = Math.max(whole, stop.length());
      }
    }
    return whole;
  }

  private int longestMatch() {
    int longest = 0;
    for (int length : matched) {
      longest = Math.max(longest, length);
    }
    return longest;
  }

  private String release(int length) {
    var text = held.substring(0, length);
    held.delete(0, length);
    passed += length;
    return text;
  }

  /// What was held back, when nothing comes any more.
  String rest() {
    return found ? "" : release(held.length());
  }

  /// Whether a stop string was found.
  boolean found() {
    return found;
  }

  /// How many characters were returned: where the stop string begins once it is found.
  int passed() {
    return passed;
  }
}
