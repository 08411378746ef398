package telos.nn.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import telos.nn.Adapted;
import telos.nn.Gpt;
import telos.nn.Projection;
import telos.tensor.Tree;

/// The SHA-256 of the weights that an adapter was trained on, or with which a run began that leaves
/// some of them as they are, in a file of its own beside it, which other programs pass over: on
/// other weights what was learnt is noise, and nothing else would say so.
public final class WeightsDigest {
  private static final String FILE = "base_weights.sha256";
  private static final int DIGITS = 64;

  private WeightsDigest() {}

  /// Notes the weights of a model; of an adapted one those below its adapters.
  public static void write(Path directory, Gpt model) throws IOException {
    byte[] text = (digest(model) + "\n").getBytes(StandardCharsets.US_ASCII);
    AtomicFiles.write(directory.resolve(FILE), out -> out.write(text));
  }

  /// Refuses a model with other weights than were noted. Where nothing was, any will do.
  ///
  /// @throws FormatException when they differ
  public static void check(Path directory, Gpt model) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return;
    }
    boolean whole = Files.size(file) <= DIGITS + 2;
    if (!whole
        || !Files.readString(file, StandardCharsets.US_ASCII).strip().equals(digest(model))) {
      throw new FormatException(
          "%s: what was learnt was trained on other weights than the model's; give the model as it was then"
              .formatted(file));
    }
  }

  private static String digest(Gpt model) {
    Gpt base =
        Tree.replace(
            model, Projection.class, (_, map) -> map instanceof Adapted a ? a.base() : map);
    MessageDigest digest = sha256();
    Tree.leaves(base)
        .forEach((path, leaf) -> {
          digest.update("%s %s\n".formatted(path, leaf.shape()).getBytes(StandardCharsets.UTF_8));
          digest.update(Elements.bytes(leaf.toArray()));
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
