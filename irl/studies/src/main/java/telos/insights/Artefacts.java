package telos.insights;

import java.io.IOException;
import java.nio.file.Path;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.format.SafeTensors;
import telos.study.ArtefactCache;
import telos.tensor.Rng;
import telos.tensor.Tree;

/// How models are kept in the artefact cache.
final class Artefacts {
  private Artefacts() {}

  /// Language models of one configuration, as safetensors.
  static ArtefactCache.Format<Gpt> gpt(GptConfig config) {
    return new ArtefactCache.Format<>() {
      @Override
      public void write(Gpt model, Path file) throws IOException {
        SafeTensors.write(file, Tree.leaves(model));
      }

      @Override
      public Gpt read(Path file) throws IOException {
        return Tree.withLeaves(Gpt.init(config, Rng.of(0)), SafeTensors.read(file));
      }
    };
  }
}
