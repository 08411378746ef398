package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Gpt;
import telos.nn.Lora;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Small models with random weights, adapters that PEFT 0.21 made for them, and the logits that
/// transformers 5.17 computes with both.
class PeftAdapterTest {
  @TempDir private Path folder;

  private static Path golden(String name) throws Exception {
    var resource = PeftAdapterTest.class.getResource("peft/" + name);
    return Path.of(Objects.requireNonNull(resource).toURI());
  }

  private static Gpt base(String name) throws Exception {
    return Pretrained.load(golden(name)).model();
  }

  private static void assertLogits(String name, String which, Gpt model) throws Exception {
    var expected =
        (Json.Obj) Json.read(name, Files.readAllBytes(golden(name).resolve("expected.json")));
    int[] ids = numbers(expected.at("ids")).mapToInt(Double::intValue).toArray();
    double[] logits = numbers(expected.at(which)).mapToDouble(d -> d).toArray();
    Tensor ours = model.logits(Tensor.of(ids, Shape.of(2, ids.length / 2)));
    assertArrayEquals(logits, ours.toDoubles(), 2e-5, name + " " + which);
  }

  private static Stream<Double> numbers(Json json) {
    return switch (json) {
      case Json.Arr(var items) -> items.stream().flatMap(PeftAdapterTest::numbers);
      case Json.Num(var digits) -> Stream.of(Double.valueOf(digits));
      default -> throw new IllegalArgumentException(json.text());
    };
  }

  @ParameterizedTest
  @CsvSource({"llama, 4, 2", "qwen2, 3, 3.4641016", "gpt2, 4, 4"})
  void adaptersOfPeftGiveItsLogits(String name, int rank, double scale) throws Exception {
    Gpt model = base(name);
    assertLogits(name, "base", model);
    var loaded = PeftAdapter.load(golden(name), model);
    assertEquals(rank, loaded.lora().rank());
    assertEquals(scale, loaded.lora().scale(), 1e-6);
    assertLogits(name, "logits", loaded.model());
    assertLogits(name, "logits", Lora.merged(loaded.model()));
  }

  /// What PEFT reads is what PEFT wrote: the same bytes.
  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "gpt2"})
  void weightsAreWrittenAsPeftWritesThem(String name) throws Exception {
    var loaded = PeftAdapter.load(golden(name), base(name));
    PeftAdapter.save(folder, loaded.model(), loaded.lora(), "org/base");
    assertArrayEquals(
        Files.readAllBytes(golden(name).resolve("adapter_model.safetensors")),
        Files.readAllBytes(folder.resolve("adapter_model.safetensors")));
    Json.Obj theirs = config(golden(name));
    Json.Obj ours = config(folder);
    ours.fields()
        .forEach((key, value) -> {
          var same = theirs.at(key);
          boolean list = value instanceof Json.Arr;
          boolean renamed = key.equals("base_model_name_or_path");
          if (!renamed) {
            assertEquals(list ? sorted(same) : same, list ? sorted(value) : value, key);
          }
        });
    assertEquals(loaded.lora(), PeftAdapter.load(folder, base(name)).lora());
  }

  private static List<String> sorted(Json list) {
    return ((Json.Arr) list).items().stream().map(Json::text).sorted().toList();
  }

  private static Json.Obj config(Path directory) throws IOException {
    return (Json.Obj)
        Json.read("config", Files.readAllBytes(directory.resolve("adapter_config.json")));
  }

  @ParameterizedTest
  @CsvSource({
    "llama, all-linear, 14",
    "llama, 'q_proj,v_proj', 4",
    "llama, lm_head, 1",
    "llama, model.layers.1.self_attn.o_proj, 1",
    "gpt2, c_proj, 4",
    "gpt2, mlp.c_proj, 2",
    "gpt2, all-linear, 8"
  })
  void targetsAreNamesOrTheirEnds(String name, String targets, int modules) throws Exception {
    var lora = new Lora(2, 8, false, 0);
    Gpt base = base(name);
    Gpt adapted = PeftAdapter.adapt(base, lora, List.of(targets.split(",")), Rng.of(1));
    int changes =
        Lora.places(adapted).values().stream().mapToInt(place -> place.adapters().size()).sum();
    assertEquals(modules, changes);
    assertLogits(name, "base", adapted);
    var own = Lora.trained(adapted);
    Gpt trained =
        Tree.mapWithPath(
            adapted,
            (path, leaf) -> own.test(path) ? Rng.of(2).fold(path).normal(leaf.shape()) : leaf);
    PeftAdapter.save(folder, trained, lora, name);
    Gpt again = PeftAdapter.load(folder, base).model();
    Gpt moved = Tree.map(base, leaf -> leaf.mul(1.001));
    var refused = assertThrows(FormatException.class, () -> PeftAdapter.load(folder, moved));
    assertTrue(refused.getMessage().contains("other weights"), refused.getMessage());
    Map<String, Tensor> expected = Tree.leaves(trained);
    Tree.leaves(again)
        .forEach((path, leaf) ->
            assertArrayEquals(
                Objects.requireNonNull(expected.get(path)).toFloats(), leaf.toFloats(), path));
  }

  @Test
  void anAdapterThatFitsNoModuleIsRefused() throws Exception {
    var foreign =
        assertThrows(FormatException.class, () -> PeftAdapter.load(golden("qwen2"), base("gpt2")));
    assertTrue(
        foreign.getMessage().contains("fits no module of the model, which has 2 blocks with [c_"),
        foreign.getMessage());
    var target =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                PeftAdapter.adapt(
                    base("llama"), new Lora(1, 1, false, 0), List.of("c_attn"), Rng.of(1)));
    assertTrue(target.getMessage().contains("\"c_attn\" fits no module"), target.getMessage());
    Gpt packed = new Lora(1, 1, false, 0).adapt(base("llama"), p -> p.endsWith("qkv"), Rng.of(1));
    assertThrows(
        IllegalArgumentException.class,
        () -> PeftAdapter.save(folder, packed, new Lora(1, 1, false, 0), "x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"use_dora\": true",
        "\"bias\": \"all\"",
        "\"modules_to_save\": [\"lm_head\"]",
        "\"rank_pattern\": {\"q_proj\": 9}",
        "\"init_lora_weights\": \"pissa\"",
        "\"peft_type\": \"IA3\"",
        "\"r\": 0",
        "\"r\": 5",
        "\"something_new\": 1"
      })
  void whatWouldChangeTheFunctionIsRefused(String setting) throws Exception {
    for (var file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(golden("qwen2").resolve(file), folder.resolve(file));
    }
    var fields = new LinkedHashMap<>(config(folder).fields());
    fields.putAll(
        ((Json.Obj) Json.read("setting", ("{" + setting + "}").getBytes(StandardCharsets.UTF_8)))
            .fields());
    Files.writeString(folder.resolve("adapter_config.json"), new Json.Obj(fields).text());
    Gpt model = base("qwen2");
    var refused = assertThrows(FormatException.class, () -> PeftAdapter.load(folder, model));
    assertTrue(refused.getMessage().startsWith(folder.toString()), refused.getMessage());
  }
}
