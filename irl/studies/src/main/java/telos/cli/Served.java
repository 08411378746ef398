package telos.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import telos.nn.format.Pretrained;
import telos.nn.serve.ServedModel;
import telos.nn.text.ByteTokenizer;
import telos.study.RunDirectory;

/// Finds what a directory has to answer with.
final class Served {
  private Served() {}

  /// A Hugging Face directory, as a run of `sft` is one too, or the run of `train lm`.
  ///
  /// @param name what clients call the model
  static ServedModel load(Path directory, Optional<String> name) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException("There is no directory '%s'".formatted(directory));
    }
    String id = name.orElse(String.valueOf(directory.toRealPath().getFileName()));
    boolean bare = !Files.exists(directory.resolve("config.json"));
    return bare && Files.exists(directory.resolve("run.json"))
        ? trained(directory, id)
        : pretrained(directory, id);
  }

  private static ServedModel trained(Path directory, String id) throws IOException {
    RunDirectory run = RunDirectory.open(directory);
    LanguageModel model = LanguageModel.newest(run, LanguageModel.Config.of(run));
    if (model.step() == 0) {
      throw new IOException("'%s' has no checkpoint yet".formatted(directory));
    }
    return new ServedModel(id, model.gpt(), new ByteTokenizer(), Optional.empty(), Set.of());
  }

  private static ServedModel pretrained(Path directory, String id) throws IOException {
    Pretrained model = Pretrained.load(directory);
    var tokenizer =
        model
            .tokenizer()
            .orElseThrow(() ->
                new IOException(
                    "'%s' has no tokenizer.json, without which there is no text"
                        .formatted(directory)));
    return new ServedModel(
        id, model.model(), tokenizer, model.chatTemplate(), Set.copyOf(model.defaults().eos()));
  }
}
