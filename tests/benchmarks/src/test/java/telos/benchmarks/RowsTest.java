package telos.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;
import telos.bench.Benchmarks;

class RowsTest {
  /// The start of a JVM is measured once, not by repetition.
  private static final String WARM_UP = "gpt-tiny-warm-up";

  @Test
  void jmhKnowsEveryRow() throws NoSuchFieldException {
    List<String> rows =
        Benchmarks.all(1).stream()
            .map(telos.bench.Benchmark::name)
            .filter(name -> !name.equals(WARM_UP))
            .toList();
    Param names = Rows.class.getField("name").getAnnotation(Param.class);
    assertEquals(String.join("\n", rows), String.join("\n", names.value()));
  }
}
