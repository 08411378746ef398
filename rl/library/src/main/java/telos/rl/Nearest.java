package telos.rl;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// Names like a misspelt one.
public final class Nearest {
  private Nearest() {}

  /// At most three of the names, the most similar first; those that contain the text always count
  /// as similar.
  public static List<String> names(String text, Collection<String> names) {
    return names.stream()
        .filter(n -> n.contains(text) || distance(text, n) <= Math.max(2, n.length() / 3))
        .sorted(Comparator.comparingInt(n -> distance(text, n)))
        .limit(3)
        .toList();
  }

  /// Levenshtein's edit distance, one row at a time.
  public static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
