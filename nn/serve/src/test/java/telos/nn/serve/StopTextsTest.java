package telos.nn.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

final class StopTextsTest {
  /// The text before the stop string that ends first, the longest of them; all of it without any.
  private static String before(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String part = text.substring(0, end);
      int longest = stops.stream().filter(part::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return text.substring(0, end - longest);
      }
    }
    return text;
  }

  @Property
  void findsWhatASearchOfTheWholeTextFinds(
      @ForAll @Size(max = 3)
          List<@StringLength(min = 1, max = 4) @CharRange(from = 'a', to = 'b') String> stops,
      @ForAll @Size(max = 12)
          List<@StringLength(max = 3) @CharRange(from = 'a', to = 'b') String> parts) {
    var stopping = new StopTexts(stops);
    var out = new StringBuilder();
    String text = String.join("", parts);
    String expected = before(text, stops);
    for (String part : parts) {
      out.append(stopping.add(part));
      assertTrue(expected.startsWith(out.toString()), "nothing of a stop string gets out");
    }
    out.append(stopping.rest());
    assertEquals(expected, out.toString());
    assertEquals(!expected.equals(text), stopping.found());
    assertEquals(out.length(), stopping.passed());
  }

  @Test
  void holdsBackNoMoreThanItMust() {
    var stopping = new StopTexts(List.of("END"));
    assertEquals("a", stopping.add("aE"));
    assertEquals("ENx", stopping.add("Nx"));
    assertEquals("", stopping.add("END"));
    assertEquals("", stopping.add("more"));
  }

  /// A stop string that almost matches everywhere costs no more than another.
  @Test
  void isLinear() {
    var stopping = new StopTexts(List.of("a".repeat(1000) + "b"));
    assertTimeoutPreemptively(
        Duration.ofSeconds(2),
        () -> assertEquals(999_000, stopping.add("a".repeat(1_000_000)).length()));
  }
}
