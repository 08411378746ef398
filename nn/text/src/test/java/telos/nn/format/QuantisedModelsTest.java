package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Quantize;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Models with weights of one and two bytes, to files and back.
class QuantisedModelsTest {
  private static Gpt model(boolean llama) {
    GptConfig config =
        llama ? GptConfig.llama(2, 4, 2, 32, 40, 64, 50) : GptConfig.gpt2(2, 4, 32, 64, 50);
    return Gpt.init(config, Rng.of(3));
  }

  private static void assertSame(Gpt expected, Gpt actual) {
    Map<String, Tensor> leaves = Tree.leaves(actual);
    Tree.leaves(expected)
        .forEach((path, leaf) -> {
          Tensor other = leaves.get(path);
          assertEquals(leaf.dtype(), other.dtype(), path);
          assertArrayEquals(
              leaf.cast(DType.F32).toFloats(), other.cast(DType.F32).toFloats(), path);
        });
    assertEquals(Tree.leaves(expected).keySet(), leaves.keySet());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void int8ComesBackToTheBit(boolean llama, @TempDir Path folder) throws Exception {
    Gpt model = Quantize.int8(model(llama));
    Pretrained.of(model).save(folder);
    Gpt loaded = Pretrained.load(folder).model();
    assertSame(model, loaded);
    Tensor ids = Rng.of(4).integers(0, 50, Shape.of(2, 20));
    assertArrayEquals(model.logits(ids).toFloats(), loaded.logits(ids).toFloats());
    long plain = 4 * Tree.count(model(llama));
    assertTrue(Files.size(folder.resolve("model.safetensors")) < 0.6 * plain);
  }

  /// What is F32 in the model is rounded by a BF16 file, but not by one of F32.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bf16ComesBackToTheBit(boolean llama, @TempDir Path folder) throws Exception {
    Gpt model = Quantize.bf16(model(llama));
    Pretrained.of(model).save(folder);
    assertSame(model, Quantize.bf16(Pretrained.load(folder).model()));
    Pretrained.of(model).save(folder, StoredType.BF16, Pretrained.SHARD);
    Map<String, Tensor> read = SafeTensors.readStored(folder.resolve("model.safetensors"));
    read.forEach((name, tensor) -> assertEquals(DType.BF16, tensor.dtype(), name));
    Gpt loaded = Quantize.bf16(Pretrained.load(folder).model());
    assertArrayEquals(
        model.tokens().widened().weight().toFloats(),
        loaded.tokens().widened().weight().toFloats());
  }

  @Test
  void storedTypesAreKept(@TempDir Path folder) throws Exception {
    Tensor x = Rng.of(1).normal(Shape.of(3, 5));
    Map<String, Tensor> tensors = new HashMap<>();
    for (DType dtype : DType.values()) {
      tensors.put(dtype.name(), x.mul(20).cast(dtype));
    }
    Path file = folder.resolve("all.safetensors");
    SafeTensors.write(file, tensors);
    Map<String, Tensor> read = SafeTensors.readStored(file);
    assertEquals(tensors.keySet(), read.keySet());
    tensors.forEach((name, tensor) -> {
      assertEquals(tensor.dtype(), read.get(name).dtype());
      assertArrayEquals(tensor.toDoubles(), read.get(name).toDoubles(), name);
    });
  }

  private static void assertRefused(
      Path folder, Consumer<Map<String, Tensor>> harm, String... words) throws Exception {
    Gpt model = Quantize.int8(model(true));
    Pretrained.of(model).save(folder);
    Path file = folder.resolve("model.safetensors");
    Map<String, Tensor> tensors = new HashMap<>(SafeTensors.readStored(file));
    harm.accept(tensors);
    SafeTensors.write(file, tensors);
    FormatException refused = assertThrows(FormatException.class, () -> Pretrained.load(folder));
    for (String word : words) {
      assertTrue(refused.getMessage().contains(word), refused.getMessage());
    }
  }

  @Test
  void whatIsMalformedIsRefusedByName(@TempDir Path folder) throws Exception {
    String up = "blocks.1.mlp.up";
    assertRefused(folder, t -> t.remove(up + ".scale"), up + ".scale' is missing");
    assertRefused(folder, t -> t.put("more", Tensor.zeros(2)), "'more' is not in the model");
    assertRefused(
        folder, t -> t.put(up + ".weight", Tensor.zeros(32, 40)), up + ".weight", "F32", "I8");
    assertRefused(
        folder, t -> t.put(up + ".scale", Tensor.ones(39)), up + ".scale", "[39]", "[40]");
    assertRefused(folder, t -> t.put(up + ".scale", Tensor.zeros(40)), up + ".scale", "positive");
  }

  @Test
  void otherMethodsAreRefused(@TempDir Path folder) throws Exception {
    Pretrained.of(Quantize.int8(model(true))).save(folder);
    Path config = folder.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("telos-int8", "gptq"));
    FormatException refused = assertThrows(FormatException.class, () -> Pretrained.load(folder));
    assertTrue(refused.getMessage().contains("gptq"), refused.getMessage());
  }
}
