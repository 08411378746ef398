package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  /// Where the text ends: before the stop string that is complete first, of several the longest.
  private static int end(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      int longest = 0;
      for (String stop : stops) {
        longest =
            text.substring(0, end).endsWith(stop) ? Math.max(longest, stop.length()) : longest;
      }
      if (longest > 0) {
        return end - longest;
      }
    }
    return -1;
  }

  @Property(tries = 500)
  void cutsBeforeTheStopStringHoweverTheTextComes(
      @ForAll @StringLength(max = 30) @CharRange(from = 'a', to = 'c') String text,
      @ForAll @Size(max = 3)
          List<@StringLength(min = 1, max = 4) @CharRange(from = 'a', to = 'c') String> stops,
      @ForAll long seed) {
    var search = new StopStrings(stops);
    var random = new Random(seed);
    var heard = new StringBuilder();
    int end = end(text, stops);
    for (int at = 0; at < text.length() && !search.found(); ) {
      int next = Math.min(text.length(), at + random.nextInt(5));
      heard.append(search.add(text.substring(at, next)));
      at = next;
      int whole = end < 0 ? at : Math.min(at, end);
      assertEquals(text.substring(0, heard.length()), heard.toString());
      assertTrue(heard.length() <= whole);
      int longest = stops.stream().mapToInt(String::length).max().orElse(1);
      assertTrue(at - heard.length() < longest || search.found(), "held back without need");
    }
    heard.append(search.finish());
    assertEquals(end >= 0, search.found());
    assertEquals(end < 0 ? text : text.substring(0, end), heard.toString());
    assertEquals(heard.length(), search.passed());
  }

  @Test
  void nothingToLookForHoldsNothingBack() {
    var none = new StopStrings(List.of());
    assertEquals("abc", none.add("abc"));
    assertFalse(none.found());
    assertThrows(IllegalArgumentException.class, () -> new StopStrings(List.of("a", "")));
  }
}
