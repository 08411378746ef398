package telos.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.study.ArtefactCache;
import telos.study.Profile;
import telos.study.Request;
import telos.study.RunDirectory;
import telos.study.RunTools;
import telos.study.StudyRunner;
import telos.study.ToyStudy;

class ReportTest {
  private static final Pattern DATA =
      Pattern.compile(
          "<script id=\"data\" type=\"application/json\">(.*?)</script>", Pattern.DOTALL);

  private static String report(Path folder) throws Exception {
    var tools = RunTools.plain(new ArtefactCache(folder.resolve("cache"), "code"));
    new StudyRunner(tools).run(new ToyStudy(), Request.of(Profile.DEFAULT), folder.resolve("run"));
    return Files.readString(Report.write(RunDirectory.open(folder.resolve("run"))));
  }

  @Test
  void nothingOutsideThePageIsReferred(@TempDir Path folder) throws Exception {
    String html = report(folder);
    assertFalse(
        Pattern.compile("\\s(src|href|srcset|action)\\s*=\\s*[\"']?https?:").matcher(html).find());
    for (String reference :
        List.of("<link", "<img", "<iframe", "@import", "url(", "sourceMappingURL", "<script src")) {
      assertFalse(html.contains(reference), reference);
    }
    assertTrue(html.contains("default-src 'none'"), "the page forbids requests to itself");
    assertTrue(
        html.contains("Chart.js v4.5.1"), "the library is in the page, with its licence line");
  }

  /// The question of the toy study tries to end a script element.
  @Test
  void hostileTextStaysText(@TempDir Path folder) throws Exception {
    String html = report(folder);
    assertFalse(html.contains("<script>alert"));
    assertFalse(html.contains("<b>bold</b>"));
    assertTrue(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assertEquals(3, html.split("<script", -1).length - 1, "data, library, program");
    assertEquals(3, html.split("</script", -1).length - 1);
  }

  @Test
  void hostileNamesInTheLogStayData(@TempDir Path folder) throws Exception {
    var directory = RunDirectory.create(folder.resolve("run"), Map.of("command", "@DATA@ $1 <!--"));
    String name = "</script><script>alert(1)</script><!-- @SCRIPT@ \u2028 \"'";
    Files.writeString(
        folder.resolve("run/metrics.jsonl"),
        JSON.std.asString(Map.of("step", 1, "arm", name, name, 2.5)) + "\n");
    String html = Files.readString(Report.write(directory));
    assertEquals(3, html.split("<script", -1).length - 1);
    var match = DATA.matcher(html);
    assertTrue(match.find());
    var charts = (List<?>) JSON.std.mapFrom(match.group(1)).get("charts");
    assertEquals(name, ((Map<?, ?>) charts.getFirst()).get("metric"));
  }

  @Test
  void anUnfinishedRunHasCurvesButNoVerdict(@TempDir Path folder) throws Exception {
    var directory = RunDirectory.create(folder.resolve("run"), Map.of("study", "toy-study"));
    Files.writeString(
        folder.resolve("run/metrics.jsonl"), "{\"step\":1,\"loss\":2.0}\n{\"step\":2,\"lo");
    String html = Files.readString(Report.write(directory));
    assertTrue(html.contains("not finished"));
    assertTrue(html.contains("\"metric\":\"loss\""));
  }

  @Test
  void notANumberIsAGap() {
    List<Map<String, @Nullable Object>> records = new ArrayList<>();
    records.add(Map.of("step", 0, "loss", 1.0));
    records.add(Map.of("step", 1, "loss", "NaN"));
    records.add(Map.of("step", 2, "loss", "Infinity"));
    records.add(Map.of("step", 3, "loss", 2));
    var arms = (List<?>) new Curves(records).json().getFirst().get("arms");
    var lines = (List<?>) ((Map<?, ?>) arms.getFirst()).get("lines");
    assertEquals(Arrays.asList(1.0, null, null, 2.0), ((Map<?, ?>) lines.getFirst()).get("y"));
  }

  /// Thinning keeps the order and the range of what is drawn.
  @Property(tries = 50)
  void thinningKeepsSpikes(@ForAll long seed) {
    double[] values = new SplittableRandom(seed).doubles(5000).toArray();
    var points =
        IntStream.range(0, values.length).mapToObj(i -> new Curve.Point(i, values[i])).toList();
    var thin = new Curve("0", points).thinned().points();
    assertTrue(thin.size() <= 2 * Curve.BUCKETS, "points: " + thin.size());
    var all = points.stream().mapToDouble(Curve.Point::value).summaryStatistics();
    var kept = thin.stream().mapToDouble(Curve.Point::value).summaryStatistics();
    assertEquals(all.getMin(), kept.getMin());
    assertEquals(all.getMax(), kept.getMax());
    for (int i = 1; i < thin.size(); i++) {
      assertTrue(thin.get(i - 1).step() < thin.get(i).step());
    }
  }

  @Test
  void numbersAreReadable() {
    assertEquals("0.902", Html.number(0.9021));
    assertEquals("−12.35", Html.number(-12.346));
    assertEquals("1.20e−05", Html.number(0.000012));
    assertEquals("∞", Html.number(Double.POSITIVE_INFINITY));
    assertEquals("not a number", Html.number(Double.NaN));
  }
}
