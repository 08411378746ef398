package telos.nn.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Unicode normal forms with alignment, in linear time. A text is normalized cluster by cluster (a
/// character and what may join or be reordered behind it); what changes stands for its whole
/// cluster.
///
/// Long clusters are decomposed and put in canonical order here first, with a stable sort: the
/// library inserts mark after mark, which on a million marks of alternating classes is quadratic.
final class NormalForm {
  private static final int LONG = 64;

  private NormalForm() {}

  static Aligned apply(Normalizer.Form form, Aligned text) {
    var raw = text.text();
    int stable = form == Normalizer.Form.NFC ? 0x300 : 0x80;
    if (raw.chars().allMatch(c -> c < stable)) {
      return text;
    }
    var out = new Aligned.Builder(raw.length());
    boolean changed = false;
    for (int start = 0, end; start < raw.length(); start = end) {
      end = clusterEnd(raw, start);
      boolean same = end == start + 1 && raw.charAt(start) < stable;
      var cluster = same ? "" : raw.substring(start, end);
      var normal = same ? "" : normal(form, cluster);
      if (normal.equals(cluster)) {
        out.keep(text, start, end);
      } else {
        out.put(normal, text.start(start), text.end(end - 1));
        changed = true;
      }
    }
    return changed ? out.build() : text;
  }

  private static int clusterEnd(String text, int start) {
    int end = start + Character.charCount(text.codePointAt(start));
    while (end < text.length() && joins(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    return end;
  }

  /// Whether a character may compose with, or be reordered before, what stands in front of it:
  /// marks, vowels and final consonants of Hangul, the half-width forms that become either, two
  /// vowels of Kirat Rai.
  static boolean joins(int c) {
    return UnicodeClass.isMark(c)
        || c >= 0x1160 && c <= 0x11ff
        || c >= 0xffa0 && c <= 0xffdc
        || c >= 0x3131 && c <= 0x318e
        || c == 0x16d67
        || c == 0x16d68
        || c == 0xff9e
        || c == 0xff9f;
  }

  private static String normal(Normalizer.Form form, String cluster) {
    return Normalizer.normalize(cluster.length() > LONG ? ordered(form, cluster) : cluster, form);
  }

  /// The cluster decomposed, its marks in canonical order.
  private static String ordered(Normalizer.Form form, String cluster) {
    boolean compatible = form == Normalizer.Form.NFKC || form == Normalizer.Form.NFKD;
    var decomposing = compatible ? Normalizer.Form.NFKD : Normalizer.Form.NFD;
    var parts = new HashMap<Integer, String>();
    var characters = new ArrayList<Integer>();
    cluster
        .codePoints()
        .forEach(c ->
            parts
                .computeIfAbsent(c, k -> Normalizer.normalize(Character.toString(k), decomposing))
                .codePoints()
                .forEach(characters::add));
    var classes = classes(characters);
    var out = new StringBuilder();
    for (int start = 0, end; start < characters.size(); start = end) {
      end = start + 1;
      while (end < characters.size() && classOf(classes, characters, end) > 0) {
        end++;
      }
      var run = characters.subList(start + (classOf(classes, characters, start) > 0 ? 0 : 1), end);
      run.sort((a, b) -> Integer.compare(classes.getOrDefault(a, 0), classes.getOrDefault(b, 0)));
      characters.subList(start, end).forEach(out::appendCodePoint);
    }
    return out.toString();
  }

  private static int classOf(Map<Integer, Integer> classes, List<Integer> characters, int i) {
    return classes.getOrDefault(characters.get(i), 0);
  }

  /// A number for each mark that grows with its canonical combining class, 0 for class 0. The
  /// library does not tell classes, but two marks tell their order: it swaps them or not.
  private static Map<Integer, Integer> classes(List<Integer> characters) {
    var marks =
        characters.stream()
            .distinct()
            .filter(c -> swaps(c, 0x334) || swaps(0x345, c))
            .sorted(NormalForm::order)
            .toList();
    var classes = new HashMap<Integer, Integer>();
    int now = 1;
    for (int i = 0; i < marks.size(); i++) {
      now += i > 0 && order(marks.get(i - 1), marks.get(i)) != 0 ? 1 : 0;
      classes.put(marks.get(i), now);
    }
    return classes;
  }

  private static int order(int a, int b) {
    return swaps(a, b) ? 1 : swaps(b, a) ? -1 : 0;
  }

  /// Whether canonical order puts the second of two characters first.
  static boolean swaps(int first, int second) {
    var pair = Character.toString(first) + Character.toString(second);
    return first != second
        && Normalizer.normalize(pair, Normalizer.Form.NFD).codePointAt(0) == second;
  }
}
