package telos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.ValueModel;
import telos.nn.format.Json;
import telos.nn.format.Pretrained;
import telos.nn.format.PretrainedReward;
import telos.nn.format.SafeTensors;
import telos.nn.format.TensorBoardWriter;
import telos.study.Canonical;
import telos.study.RunDirectory;
import telos.tensor.Rng;
import telos.tensor.Tensor;

class InspectTest {
  private record Result(int code, String out, String err) {}

  private static Result telos(Object... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Telos.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(Arrays.stream(args).map(Object::toString).toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }

  /// The printed objects.
  private static List<Json.Obj> objects(Result result) throws Exception {
    assertEquals(0, result.code(), result.err());
    var objects = new java.util.ArrayList<Json.Obj>();
    for (String line : result.out().lines().toList()) {
      objects.add((Json.Obj) Json.read("line", line.getBytes(StandardCharsets.UTF_8)));
    }
    return objects;
  }

  private static Json number(Number value) {
    return Json.of(value);
  }

  @Test
  void aTensorFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("m.safetensors");
    SafeTensors.write(file, Map.of("w", Tensor.of(1f, Float.NaN, 3f), "n", Tensor.of(Float.NaN)));
    assertTrue(telos("inspect", file).out().contains("2 tensors, 16 bytes"));
    assertTrue(telos("inspect", file, "--stats").out().contains("1.0000 to 3.0000, mean 2.0000"));
    var lines = objects(telos("inspect", file, "--stats", "--json"));
    assertEquals(Json.of(Map.of("metadata", "format", "value", "pt")), lines.getFirst());
    Json.Obj w = lines.get(2);
    assertEquals(new Json.Str("w"), w.at("tensor"));
    assertEquals(number(1.0), w.at("min"));
    assertEquals(number(2.0), w.at("mean"));
    assertEquals(number(1), w.at("nan"));
    assertEquals(new Json.Str("NaN"), lines.get(1).at("max"));
  }

  @Test
  void aModelInShards(@TempDir Path folder) throws Exception {
    SafeTensors.write(folder.resolve("a.safetensors"), Map.of("x", Tensor.zeros(2)));
    SafeTensors.write(folder.resolve("b.safetensors"), Map.of("y", Tensor.zeros(3)));
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\":{\"x\":\"a.safetensors\",\"y\":\"b.safetensors\"}}");
    assertTrue(telos("inspect", folder).out().contains("2 tensors in 2 shards"));
    Files.writeString(index, "{\"weight_map\":{\"z\":\"a.safetensors\"}}");
    assertTrue(telos("inspect", folder).err().contains("has no tensor \"z\""));
    Files.writeString(index, "{\"weight_map\":{\"x\":\"../a.safetensors\"}}");
    assertTrue(telos("inspect", folder).err().contains("not a plain file name"));
  }

  @Test
  void anEventFile(@TempDir Path folder) throws Exception {
    Path file;
    try (var writer = TensorBoardWriter.open(folder)) {
      file = writer.file();
      writer.scalar("loss", 1, 2.5);
      writer.scalar("loss", 9, Double.POSITIVE_INFINITY);
      writer.text("sample", 4, "text");
    }
    assertTrue(telos("inspect", file).out().contains("2 values, steps 1 to 9, the last Infinity"));
    var lines = objects(telos("inspect", folder, "--json"));
    assertEquals(3, lines.size());
    assertEquals(new Json.Str("Infinity"), lines.get(1).at("last"));
    assertEquals(new Json.Str("text"), lines.get(2).at("kind"));
  }

  @Test
  void aRunIsExportedAndTheFileInspected(@TempDir Path folder) throws Exception {
    var config = new LanguageModel.Config(1, 3, 1, 2, 16, 16, 4, 1e-2);
    RunDirectory run =
        RunDirectory.create(
            folder.resolve("run"), Map.of("command", "train lm", "config", Canonical.map(config)));
    Path file = folder.resolve("m.onnx");
    String[] export = {
      "export", "onnx", "--model", run.path().toString(), "--out", file.toString()
    };
    assertEquals(1, telos((Object[]) export).code());
    LanguageModel fresh = LanguageModel.init(config);
    new LanguageModel(1, fresh.gpt(), fresh.state()).save(run);
    Result exported = telos((Object[]) export);
    assertEquals(0, exported.code(), exported.err());
    assertTrue(exported.out().contains("input input_ids INT64 [batch, sequence]"), exported.out());
    assertTrue(exported.out().contains("output logits FLOAT [batch, sequence,"), exported.out());
    Result inspected = telos("inspect", file);
    assertTrue(inspected.out().startsWith("ONNX, IR version 8, opset 17, written by telos"));
    assertTrue(inspected.out().contains(" LayerNormalization"));
    var lines = objects(telos("inspect", file, "--json"));
    assertEquals(new Json.Str("input_ids"), lines.get(1).at("input"));
    Object[] old = {"export", "onnx", "--model", run.path(), "--out", file, "--opset", 16};
    assertEquals(2, telos(old).code());
    Path checkpoint = run.path().resolve("checkpoints/step-00000001");
    assertTrue(telos("inspect", checkpoint).out().contains("every file matches the manifest"));
    Files.write(checkpoint.resolve("model.safetensors"), new byte[9]);
    assertTrue(telos("inspect", checkpoint).out().contains("does not match"));
    assertEquals(2, telos("export", "onnx").code());
  }

  @Test
  void modelsOfHuggingFacesLayoutAreExported(@TempDir Path folder) throws Exception {
    Gpt gpt = Gpt.init(GptConfig.llama(1, 2, 1, 8, 12, 16, 11), Rng.of(1));
    Pretrained.of(gpt).save(folder.resolve("model"));
    var trunk = Gpt.init(GptConfig.gpt2(1, 2, 8, 16, 11), Rng.of(3));
    var value = ValueModel.init(trunk, Rng.of(2));
    new PretrainedReward(value, Optional.empty(), Optional.empty(), 0)
        .save(folder.resolve("reward"));
    Path file = folder.resolve("m.onnx");
    String model = telos("export", "onnx", "--model", folder.resolve("model"), "--out", file).out();
    assertTrue(model.contains("output logits FLOAT [batch, sequence, 11]"), model);
    String reward =
        telos("export", "onnx", "--model", folder.resolve("reward"), "--out", file).out();
    assertTrue(reward.contains("input lengths INT64 [batch]"), reward);
    assertTrue(reward.contains("output scores FLOAT [batch]"), reward);
  }

  @Test
  void otherFilesAreRefused(@TempDir Path folder) throws Exception {
    Path text = Files.writeString(folder.resolve("notes.onnx"), "no model");
    Result refused = telos("inspect", text);
    assertEquals(1, refused.code());
    assertEquals(1, refused.err().lines().count(), refused.err());
    assertTrue(
        telos("inspect", Files.createDirectory(folder.resolve("d"))).err().contains("no run.json"));
  }
}
